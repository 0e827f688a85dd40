import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Controller } from '../support/controller/controller.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { formatChanges, longestPauseMs, sessionFacts, unbrokenSession } from '../support/controller/view-measures.js';
import { ffmpegPath, House } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { decodeJpeg } from '../support/picture.js';
import { openClip, recordClip, sendingFor } from '../support/recorded-clip.js';
import { quietFootage, watchingOptions, WatchedScene } from '../support/watched-scene.js';

/** Cameras whose resolution somebody changes while they send, in the middle of the connection. */

const large = { width: 1280, height: 720, bitrateKbps: 1_500, keyframeSeconds: 1, seconds: 8 } as const;
const small = { ...large, width: 640, height: 480, bitrateKbps: 800 } as const;
const largeHevc = { ...large, codec: 'hevc' } as const;
const smallHevc = { ...small, codec: 'hevc' } as const;
const iphone = { width: 1280, height: 720, fps: 30, bitrateKbps: 1_500 };
const selection = { width: 1280, height: 720, fps: 30, bitrateKbps: 1_500, audio: false } as const;
/** A detector has seen enough of the scene by then. */
const learningMs = 6_000;

let house: House;

beforeAll(async () => {
  const options = { keepWarm: true, motionDetection: 'off' };
  house = await House.open({
    Copied: { camera: { main: large }, options },
    Converted: { camera: { main: largeHevc }, options },
    Recorded: { camera: { main: large }, options },
    Photographed: { camera: { main: large }, options },
    Watched: { camera: { main: quietFootage }, options: watchingOptions },
  });
  await Promise.all(Object.keys(house.cameras).map((name) => house.homebridge.waitForLog(new RegExp(`${name}: connected`), 30_000)));
}, 240_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

/** Waits for pictures of another kind and for a second of them. The number of the first one. */
async function moved(live: LiveReceiver, times: number): Promise<number> {
  await live.video.waitForUnit(() => formatChanges(live.units()).length >= times, 20_000, live.units().length);
  const first = formatChanges(live.units())[times - 1] ?? 0;
  await live.waitForUnits(first + 30, 15_000);
  return first;
}

async function shape(live: LiveReceiver, from: number, to = Infinity): Promise<object> {
  const { width, height, errors } = await live.decode({ ffmpegPath, from, to });
  return { width, height, errors };
}

test.concurrent('a view that is copied goes on in the same session, with the new parameter sets before the first new picture', async () => {
  const camera = house.camera('Copied');
  const live = await (await house.pair('Copied')).startLive(iphone);
  await live.waitForUnits(60, 20_000);
  await camera.switchTo(small);
  const smaller = await moved(live, 1);
  await camera.switchTo(large);
  const larger = await moved(live, 2);
  await live.stop();
  expect(sessionFacts(live)).toEqual(unbrokenSession);
  expect(longestPauseMs(live.units())).toBeLessThan(1_000 * (await machinePace()));
  expect(live.units().filter(({ keyframe, hasParameterSets }) => keyframe && !hasParameterSets)).toEqual([]);
  expect(await shape(live, 0, smaller)).toEqual({ width: 1280, height: 720, errors: '' });
  expect(await shape(live, smaller, larger)).toEqual({ width: 640, height: 480, errors: '' });
  expect(await shape(live, larger)).toEqual({ width: 1280, height: 720, errors: '' });
  expect(camera.statistics().playedConnections.total).toBe(1);
}, 90_000);

test.concurrent('a view that is converted goes on in the same session, in the new shape', async () => {
  const camera = house.camera('Converted');
  const live = await (await house.pair('Converted')).startLive({ ...iphone, width: 640, height: 360, bitrateKbps: 300 });
  await live.waitForUnits(60, 20_000);
  await camera.switchTo(smallHevc);
  const first = await moved(live, 1);
  await live.waitForUnits(first + 60, 20_000);
  await live.stop();
  expect(sessionFacts(live)).toEqual(unbrokenSession);
  expect(longestPauseMs(live.units())).toBeLessThan(2_500 * (await machinePace()));
  expect(await shape(live, 0, first)).toEqual({ width: 640, height: 360, errors: '' });
  expect(await shape(live, formatChanges(live.units()).at(-1) ?? 0)).toEqual({ width: 480, height: 360, errors: '' });
  expect(camera.statistics().playedConnections.total).toBe(1);
}, 90_000);

test.concurrent('a recording ends properly, and the next one is of the new size', async () => {
  const camera = house.camera('Recorded');
  const controller = await house.pair('Recorded');
  await controller.armRecording(selection);
  await sendingFor(camera, 6_500);
  await using clip = await openClip(camera, controller);
  await clip.recording.fragments(2, 15_000);
  await camera.switchTo(small);
  expect(await clip.recording.ended(10_000)).toEqual({ by: 'endOfStream' });
  clip.recording.acknowledge();
  expect(await clip.check()).toMatchObject({ faults: [], format: 'avc1 1280x720' });
  expect(await recordClip(camera, controller)).toMatchObject({ faults: [], format: 'avc1 640x480' });
  expect(camera.statistics().playedConnections.total).toBe(1);
}, 90_000);

test.concurrent('every still on the way is whole, and those after it are of the new size', async () => {
  const camera = house.camera('Photographed');
  const controller = await house.pair('Photographed');
  const stills = async (count: number): Promise<string[]> => {
    const seen: string[] = [];
    for (let still = 0; still < count; still += 1) {
      seen.push(await whatIsSeen(controller));
    }
    return seen;
  };
  const meanwhile = stills(25);
  await sleep(300);
  await camera.switchTo(small);
  const before = await meanwhile;
  expect(before.filter((each) => !['1280x720', '640x480'].includes(each))).toEqual([]);
  expect(before[0]).toBe('1280x720');
  expect(await stills(2)).toEqual(['640x480', '640x480']);
}, 60_000);

test.concurrent('motion detection sees nothing in the change itself, and goes on', async () => {
  const camera = house.camera('Watched');
  const scene = await WatchedScene.follow(camera, await house.pair('Watched'));
  await scene.controller.armRecording({ ...selection, width: 1920, height: 1080 });
  await sleep(learningMs);
  await camera.switchTo({ ...quietFootage, width: 480, height: 272 });
  await sleep(learningMs);
  expect(scene.motion.values.filter(Boolean)).toEqual([]);
  await camera.switchTo({ ...quietFootage, width: 480, height: 272, scene: 'walker' });
  await scene.motion.next(true, 20_000, 0);
  expect(camera.statistics().playedConnections.total).toBe(1);
}, 90_000);

/** '640x480', or what is wrong with it. */
async function whatIsSeen(controller: Controller): Promise<string> {
  const { jpeg } = await controller.snapshot({ width: 1280, height: 720 });
  const { width, height, marks } = await decodeJpeg(jpeg);
  return marks ? `${width}x${height}` : `${width}x${height} without marks`;
}
