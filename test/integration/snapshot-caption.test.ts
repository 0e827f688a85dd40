import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decode } from 'jpeg-js';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { runningFfmpegs } from '../../src/ffmpeg/running-ffmpegs.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import { drawCaption } from '../../src/homekit/snapshot-caption.js';
import type { AccessUnit } from '../../src/media/access-unit.js';
import { joinNals } from '../../src/media/nal.js';
import { videoFormatFromParameterSets } from '../../src/media/video-format.js';
import { loadFootage } from '../support/camera/footage.js';
import { ffmpegPath } from '../support/house.js';
import { decodeJpeg } from '../support/picture.js';

const never = new AbortController().signal;
const ffmpeg: Ffmpeg = { path: ffmpegPath, version: '7.0', libavutilMajor: 59, origin: 'test' };

let renderer: StillRenderer;
let keyframe: AccessUnit;

beforeAll(async () => {
  renderer = new StillRenderer();
  const { parameterSets, units } = await loadFootage({ width: 1920, height: 1080, bitrateKbps: 4_000, seconds: 4 }, ffmpegPath);
  keyframe = { format: videoFormatFromParameterSets('h264', parameterSets), data: joinNals(units[0]?.nalUnits ?? []), keyframe: true, timeMs: 0, decodeTimeMs: 0 };
}, 60_000);

afterAll(async () => {
  await renderer[Symbol.asyncDispose]();
  expect(runningFfmpegs()).toHaveLength(0);
});

test.each([
  [160, 90],
  [320, 180],
  [640, 360],
  [1920, 1080],
])('an old picture of %i x %i says when it was taken, and is the same as without that everywhere else', async (width, height) => {
  const size = { width, height };
  const plain = await renderer.render(ffmpeg, keyframe, size, never);
  const picture = await renderer.decode(ffmpeg, keyframe, size, never);
  drawCaption(picture, '10:42');
  const jpeg = await renderer.renderFrame(ffmpeg, () => picture, size, never);
  expect(await decodeJpeg(jpeg)).toMatchObject({ ...size, marks: { counter: 0 } });

  const [before, after] = [plain, jpeg].map((each) => decode(each, { useTArray: true }).data) as [Uint8Array, Uint8Array];
  const differs = { inside: 0, outside: 0 };
  for (let pixel = 0; pixel < width * height; pixel++) {
    const inCorner = pixel % width >= width * 0.5 && Math.floor(pixel / width) >= height * 0.7;
    const difference = Math.max(...[0, 1, 2].map((component) => Math.abs((before[pixel * 4 + component] ?? 0) - (after[pixel * 4 + component] ?? 0))));
    differs[inCorner ? 'inside' : 'outside'] += difference > 40 ? 1 : 0;
  }
  expect(differs.inside / (width * height)).toBeGreaterThan(0.005);
  expect(differs.outside / (width * height)).toBeLessThan(0.000_5);
}, 30_000);

test('a camera of another shape keeps it', async () => {
  const picture = await renderer.decode(ffmpeg, keyframe, { width: 640, height: 640 }, never);
  expect(picture).toMatchObject({ width: 640, height: 360 });
  expect(picture.i420).toHaveLength(640 * 360 * 1.5);
});

test('is there within a second', async () => {
  const asked = performance.now();
  const size = { width: 1280, height: 720 };
  const picture = await renderer.decode(ffmpeg, keyframe, size, never);
  drawCaption(picture, 'Sun 10:42');
  await renderer.renderFrame(ffmpeg, () => picture, size, never);
  expect(performance.now() - asked).toBeLessThan(1_000);
});

test('FFmpeg that fails or hangs over it is a problem, not a crash', async () => {
  const broken = { ...keyframe, data: new Uint8Array(keyframe.data.length) };
  await expect(renderer.decode(ffmpeg, broken, { width: 640, height: 360 }, never)).rejects.toMatchObject({ code: 'snapshot-failed' });
  await expect(renderer.decode(ffmpeg, keyframe, { width: 640, height: 360 }, AbortSignal.abort())).rejects.toMatchObject({ code: 'snapshot-failed' });
});
