import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Controller } from '../support/controller/controller.js';
import { House, smallFootage } from '../support/house.js';
import { FfmpegWatch, recordClip, sendingFor } from '../support/recorded-clip.js';
import { until } from '../support/until.js';

/** Longer than a clip reaches back, so that each picture of it is known. */
const small = { ...smallFootage, seconds: 20 } as const;

/** What cannot be copied, with what is said about it. */
const cameras = {
  Hevc: { footage: { ...small, codec: 'hevc', audio: 'pcma' }, selected: { width: 1280, height: 720, fps: 30 }, told: /HEVC \(H\.265\).*Set the video codec of this stream to H\.264/ },
  Large: {
    footage: { width: 3840, height: 2160, fps: 10, bitrateKbps: 8000, seconds: 8, audio: 'aac32' },
    selected: { width: 1920, height: 1080, fps: 30 },
    told: /pictures are 3840x2160.*Set the resolution of this stream to 1920x1080/,
  },
  Seldom: { footage: { ...small, keyframeSeconds: 10, audio: 'aac32' }, selected: { width: 1280, height: 720, fps: 30 }, told: /a keyframe comes only every 10 s \(measured\).*to 2 s, that is 60 pictures,/ },
  Upright: { footage: { ...small, width: 360, height: 640, audio: 'pcma' }, selected: { width: 1280, height: 720, fps: 24 }, told: /pictures are 360x640, a shape at which home hubs stall\.$/ },
  Reordered: { footage: { ...small, bFrames: 2, audio: 'pcma' }, selected: { width: 1280, height: 720, fps: 15 }, told: /B-frames.*Switch B-frames off in the camera/ },
} as const;
const names = Object.keys(cameras) as (keyof typeof cameras)[];

let house: House;
const controllers = new Map<string, Controller>();

beforeAll(async () => {
  house = await House.open(Object.fromEntries(names.map((name) => [name, { camera: { main: cameras[name].footage }, options: { motionDetection: 'off' } }])));
  for (const name of names) {
    const controller = await house.pair(name);
    controllers.set(name, controller);
    await controller.armRecording(cameras[name].selected);
  }
  await Promise.all(names.map((name) => sendingFor(house.camera(name), name === 'Seldom' ? 14_500 : 6_500)));
}, 300_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

/** Of 30 a second, where fewer are selected. */
const pictureRates: Partial<Record<keyof typeof cameras, number>> = { Upright: 24, Reordered: 15 };

test.each(names)('%s: is recorded as selected, from 4 s before the request on, in step, and costs nothing afterwards', async (name) => {
  const { selected } = cameras[name];
  const camera = house.camera(name);
  const controller = controllers.get(name) ?? (await house.pair(name));
  if (name === 'Seldom') {
    // 4 s before lie in the keyframe interval before this one: the clip begins 13 s in the past.
    await until('a keyframe 3 s ago', () => Math.floor((camera.counterNow() % 300) / 30) === 3);
  }
  using watch = new FfmpegWatch(house.homebridge);
  const fps = pictureRates[name];
  const clip = await recordClip(camera, controller, { fragments: name === 'Seldom' ? 4 : 2, ...(fps && { fps }), ...(name === 'Upright' && { uprightAspect: 9 / 16 }) });
  expect(clip.faults).toEqual([]);
  expect(clip.firstFragmentMs).toBeLessThan(5_000); // Hubs wait no longer.
  expect(clip.format).toBe(`avc1 ${selected.width}x${selected.height}`);
  expect(clip.pastMs).toBeGreaterThanOrEqual(4_000);
  expect(clip.flashes.length).toBeGreaterThanOrEqual(5);
  expect(clip.flashes.map(({ soundLateMs = NaN }) => Math.abs(soundLateMs) < 50)).toEqual(clip.flashes.map(() => true));
  expect(watch.started.filter(({ args }) => args.includes('libx264'))).toHaveLength(1);
  await until('the end of the encoders', () => watch.living.length === 0, 5_000);
}, 90_000);

test('what it costs, and what to change in the camera, is told once for each', async () => {
  const told = (name: string) => house.homebridge.log().filter((line) => line.includes(`${name}: recordings have to be converted`));
  for (const name of names) {
    await house.homebridge.waitForLog(new RegExp(`${name}: recordings have to be converted while they run, which costs computing power, because .*${cameras[name].told.source}`), 40_000);
  }
  expect(names.map((name) => told(name).length)).toEqual(names.map(() => 1));
}, 60_000);
