import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { availableParallelism } from 'node:os';
import { BusyCores } from '../support/busy-cores.js';
import { inspectClip } from '../support/clip/inspect.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import type { RecordingClient } from '../support/controller/recording-client.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';

/** The usual percentages, in a hurry. */
const limits = { measuredOver: 4, backAfter: 6 } as const;
const stepMs = 4_000;

let house: House;

beforeAll(async () => {
  house = await House.open(
    { Hevc: { camera: { main: { ...smallFootage, codec: 'hevc', height: 720, width: 1280, seconds: 4 } }, options: { keepWarm: true, motionDetection: 'off' } }, Door: { options: { keepWarm: true, motionDetection: 'on' } } },
    { platformConfig: { limits } },
  );
}, 60_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);
