import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { House } from '../support/house.js';

const request = { width: 640, height: 360, fps: 30, bitrateKbps: 299 };

/** A house with every kind of FFmpeg at work: two ingests, a transcode, a still in waiting. */
async function busyHouse(): Promise<House> {
  const house = await House.open({ Alive: { options: { keepWarm: true } }, Frozen: { options: { keepWarm: true, liveVideo: 'transcode' } } });
  const alive = await house.pair('Alive');
  const frozen = await house.pair('Frozen');
  await house.homebridge.waitForLog(/Alive: connected/, 15_000);
  await house.homebridge.waitForLog(/Frozen: connected/, 15_000);
  await alive.snapshot({ width: 640, height: 360 });
  const views = [await alive.startLive(request), await frozen.startLive(request)];
  await Promise.all(views.map((view) => view.firstKeyframe(8_000)));
  await Promise.all(views.map((view) => view.abandon()));
  expect(house.homebridge.ffmpegs().length).toBeGreaterThanOrEqual(4);
  return house;
}

test('after Homebridge was killed hard, no FFmpeg is left 10 s later, also with a frozen camera', async () => {
  await using house = await busyHouse();
  house.camera('Frozen').freeze();
  await sleep(500);
  await house.homebridge.killHard();
  await sleep(10_000);
  expect(house.homebridge.ffmpegs().map(({ args }) => args.join(' '))).toEqual([]);
}, 90_000);

test('when Homebridge is stopped, every FFmpeg goes with it', async () => {
  await using house = await busyHouse();
  house.camera('Frozen').freeze();
  const { code, forced } = await house.homebridge.stop({ keepStorage: true });
  expect({ forced, left: house.homebridge.ffmpegs().length }).toEqual({ forced: false, left: 0 });
  expect([0, 143]).toContain(code);
}, 90_000);
