import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readMarks } from '../support/camera/marks.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';

let house: House;

beforeAll(async () => {
  house = await House.open({
    Hevc: { camera: { main: { ...smallFootage, codec: 'hevc' } }, options: { keepWarm: true } },
    Reordered: { camera: { main: { ...smallFootage, bFrames: 2 } }, options: { keepWarm: true } },
    Wished: { camera: { main: smallFootage }, options: { keepWarm: true, liveVideo: 'transcode' } },
    Cold: { camera: { main: { ...smallFootage, codec: 'hevc' } } },
  });
  await Promise.all(['Hevc', 'Reordered', 'Wished'].map((name) => house.homebridge.waitForLog(new RegExp(`${name}: connected`), 20_000)));
  await sleep(3_000);
}, 120_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

test.each([
  ['Hevc', /HEVC/],
  ['Reordered', /B-frames/],
  ['Wished', /liveVideo/],
  ['Cold', /HEVC/],
])('%s: what cannot be copied is transcoded to what was asked, and shows the present', async (name, because) => {
  const controller = await house.pair(name);
  const live = await controller.startLive({ width: 320, height: 180, fps: 15, bitrateKbps: 200 });
  const first = await live.firstKeyframe(10_000);
  expect(first.unit.hasParameterSets).toBe(true);
  const units = await live.waitForUnits(120, 20_000);
  const last = units.at(-1);
  await live.stop();
  await house.homebridge.waitForLog(new RegExp(`${name}: live view .*converted: .*${because.source}`));

  const decoded = await live.decode({ ffmpegPath, luma: { width: 320, height: 180 }, to: units.length });
  expect(decoded).toMatchObject({ errors: '', width: 320, height: 180 });
  const counters = decoded.luma.map((luma) => readMarks(luma, 320, 180)?.counter ?? -1);
  const counter = counters[units.length - 1] ?? -1;
  const latencyMs = (last?.lastArrivalMs ?? Infinity) - (house.camera(name).sentAt(counter) ?? -Infinity);
  expect(latencyMs).toBeGreaterThan(0);
  expect(latencyMs).toBeLessThan(1_000);

  // At most 15 pictures a second, in step with the clock, at no more than the asked rate.
  const present = units.slice(-60);
  const spanMs = (((present.at(-1)?.timestamp ?? 0) - (present[0]?.timestamp ?? 0)) | 0) / 90;
  expect((present.length - 1) / (spanMs / 1000)).toBeCloseTo(15, 0);
  const kbps = (present.slice(1).reduce((sum, unit) => sum + unit.annexB.length, 0) * 8) / spanMs;
  expect(kbps).toBeLessThan(250);
}, 60_000);

test('when the views are gone, their encoders and decoders go, within seconds', async () => {
  const converting = (): number => house.homebridge.ffmpegs().filter(({ args }) => args.includes('libx264') || args.includes('rawvideo')).length;
  for (let waitedMs = 0; converting() > 0 && waitedMs < 18_000; waitedMs += 200) {
    await sleep(200);
  }
  expect(converting()).toBe(0);
}, 20_000);

test('an encoder that dies in the middle of a view is replaced within the same session', async () => {
  const controller = await house.pair('Hevc');
  const live = await controller.startLive({ width: 320, height: 180, fps: 15, bitrateKbps: 200 });
  await live.waitForUnits(30, 15_000);
  const encoder = house.homebridge.ffmpegs().find(({ args }) => args.includes('libx264'));
  process.kill(encoder?.pid ?? 0, 'SIGKILL');
  const before = live.units().length;
  await sleep(500);
  const stalledAt = live.units().length;
  const unit = await live.video.waitForUnit(({ keyframe }) => keyframe, 10_000, before);
  expect(unit.damaged).toBe(false);
  await live.waitForUnits(stalledAt + 30, 10_000);
  await live.stop();
  const { ssrcs, lost } = live.video.capture.statistics();
  expect({ sources: ssrcs.length, lost }).toEqual({ sources: 1, lost: 0 });
}, 60_000);
