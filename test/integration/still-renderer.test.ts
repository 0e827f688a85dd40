import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { runningFfmpegs } from '../../src/ffmpeg/ffmpeg-process.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import type { AccessUnit } from '../../src/media/access-unit.js';
import { joinNals } from '../../src/media/nal.js';
import { videoFormatFromParameterSets } from '../../src/media/video-format.js';
import { loadFootage } from '../support/camera/footage.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { decodeJpeg } from '../support/picture.js';

const size = { width: 320, height: 180 };
const never = new AbortController().signal;

let folder: string;
let keyframe: AccessUnit;

/** A program in the place of FFmpeg that notes each start in a file. */
async function program(name: string, script: string): Promise<{ ffmpeg: Ffmpeg; starts: () => Promise<number> }> {
  const path = join(folder, name);
  const log = `${path}.log`;
  await writeFile(log, '');
  await writeFile(path, `#!/bin/sh\necho x >> '${log}'\n${script}\n`);
  await chmod(path, 0o755);
  return { ffmpeg: { path, version: '7.0', libavutilMajor: 59, origin: 'test' }, starts: async () => (await readFile(log, 'utf8')).split('\n').length - 1 };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-stills-'));
  const { parameterSets, units } = await loadFootage(smallFootage, ffmpegPath);
  const first = units[0];
  const format = videoFormatFromParameterSets('h264', parameterSets);
  keyframe = { format, data: joinNals(first?.nalUnits ?? []), keyframe: true, timeMs: 0, decodeTimeMs: 0 };
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('makes a JPEG of a keyframe, and has the next FFmpeg waiting with the same arguments', async () => {
  await using renderer = new StillRenderer();
  const { ffmpeg, starts } = await program('real', `exec '${ffmpegPath.startsWith('/') ? ffmpegPath : `/usr/bin/env' '${ffmpegPath}`}' "$@"`);
  expect(await decodeJpeg(await renderer.render(ffmpeg, keyframe, size, never))).toMatchObject({ ...size, marks: { counter: 0 } });
  await sleep(300);
  expect(await starts()).toBe(2);
  await renderer.render(ffmpeg, keyframe, size, never);
  await sleep(300);
  expect(await starts()).toBe(3); // One was waiting; its successor waits now.
  await renderer.render(ffmpeg, keyframe, { width: 160, height: 90 }, never);
  await renderer[Symbol.asyncDispose]();
  expect(runningFfmpegs()).toBe(0);
}, 30_000);

test('one that hangs is given up when the time is over, at once, and is gone soon after', async () => {
  await using renderer = new StillRenderer();
  const { ffmpeg } = await program('deaf', 'trap "" TERM; while :; do sleep 0.1; done');
  const asked = performance.now();
  await expect(renderer.render(ffmpeg, keyframe, size, AbortSignal.timeout(500))).rejects.toMatchObject({ code: 'snapshot-failed' });
  expect(performance.now() - asked).toBeLessThan(1_000);
  await sleep(3_500);
  expect(runningFfmpegs()).toBe(0);
}, 15_000);

test('no more run at once than there may be; who gave up waiting takes nobody\'s turn', async () => {
  await using renderer = new StillRenderer(1);
  const { ffmpeg, starts } = await program('slow', 'sleep 1; exit 1');
  const outcome = (promise: Promise<unknown>) => promise.then(() => 'picture', (error: unknown) => (error as { detail: string }).detail);
  const first = outcome(renderer.render(ffmpeg, keyframe, size, never));
  const gaveUp = [200, 300].map((ms) => outcome(renderer.render(ffmpeg, keyframe, size, AbortSignal.timeout(ms))));
  const patient = outcome(renderer.render(ffmpeg, keyframe, size, AbortSignal.timeout(5_000)));
  expect(await Promise.all(gaveUp)).toEqual(['too many pictures were asked for at once', 'too many pictures were asked for at once']);
  expect(await starts()).toBe(1);
  expect(await Promise.all([first, patient])).toEqual(['FFmpeg gave no picture', 'FFmpeg gave no picture']);
  expect(await starts()).toBe(2);
}, 15_000);

test('one that cannot be started is a problem, not a crash', async () => {
  await using renderer = new StillRenderer();
  const ffmpeg = { path: '/etc/passwd/ffmpeg', version: '7.0', libavutilMajor: 59, origin: 'test' };
  await expect(renderer.render(ffmpeg, keyframe, size, never)).rejects.toThrow(/no still picture could be made \(.*ENOTDIR/);
});
