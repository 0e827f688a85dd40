import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { MovingView } from '../../src/homekit/live/moving-view.js';
import type { LiveRequest } from '../../src/policy/live-request.js';
import { HouseBudget } from '../../src/resources/house-budget.js';
import { openCamera } from '../support/opened-camera.js';
import { until } from '../support/until.js';

const iphone: LiveRequest = { width: 1280, height: 720, fps: 30, bitrateKbps: 299, profile: 'high', level: '3.1', remote: false };
/** This freezes at the camera's 800 kbit/s. */
const largeScreen = { width: 1920, height: 1080, fps: 30, bitrateKbps: 100 } as const;

test('a view that must not go on with the camera\'s own picture, and may not be converted, stops at once, and is shown when it may be', async () => {
  await using opened = await openCamera();
  const recordings = { running: 1 };
  const budget = new HouseBudget({ maxTranscodes: 1 }, () => recordings.running);
  /** When each picture is to be shown, in RTP time. */
  const plannedMs: number[] = [];
  using view = new MovingView({ camera: opened.camera, budget: budget.camera('Gate'), request: iphone, viewer: 'test', send: (_unit, atMs) => plannedMs.push(atMs) });
  view.start();
  await until('the rate is known', () => opened.camera.main.measure() !== undefined && plannedMs.length > 60);

  view.reconfigure(largeScreen);
  const shown = plannedMs.length;
  expect({ refused: view.refused, conversion: view.conversion }).toEqual({ refused: true, conversion: undefined });
  await sleep(700);
  expect(plannedMs).toHaveLength(shown);
  expect(opened.log.some((line) => line.includes('[conversion-refused]'))).toBe(true);

  recordings.running = 0;
  budget.reconsiderRefused();
  expect([view.refused, budget.transcodes]).toEqual([false, 1]);
  await until('pictures come again', () => plannedMs.length > shown + 30);
  expect(plannedMs.filter((atMs, index) => atMs <= (plannedMs[index - 1] ?? -Infinity))).toEqual([]);
}, 40_000);
