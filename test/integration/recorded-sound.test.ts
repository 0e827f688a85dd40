import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { silentAacFrame } from '../../src/media/aac-track.js';
import { RecordedSound } from '../../src/pipeline/recording/recorded-sound.js';
import type { Problem } from '../../src/problems.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { openStream } from '../support/opened-stream.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';
import { until } from '../support/until.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-sound-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** An FFmpeg that does this before it begins. */
async function wrapped(name: string, before: string): Promise<Ffmpeg> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${before}\nexec ${ffmpegPath} "$@"\n`);
  await chmod(path, 0o755);
  return { ...(await testFfmpeg()), path };
}

/** The sound of a camera that has been sending for 5 s, from 4 s ago on. */
async function recorded(encoder: Ffmpeg) {
  const open = await openStream({ main: { ...smallFootage, audio: 'pcmu' } }, { sound: true });
  const { camera, stream } = open;
  stream.lease({ holder: 'test' });
  await until('5 s of sound', () => (stream.audio.newestMs ?? 0) - (stream.audio.read(-Infinity, () => undefined).next()?.timeMs ?? 0) > 5_000);
  const problems: Problem[] = [];
  const sound = new RecordedSound({ audio: stream.audio, startMs: performance.now() - 4_000, bitrateKbps: 64, ffmpeg: () => Promise.resolve(encoder), socketFolder: tmpdir(), onProblem: (problem) => problems.push(problem) });
  const abort = new AbortController();
  return {
    camera, problems,
    /** Frames of silence and of sound up to now, and how long that took. */
    async take() {
      const askedMs = performance.now();
      const { samples } = await sound.take(askedMs, abort.signal);
      const silent = samples.filter(({ data }) => data === silentAacFrame).length;
      return { silent, heard: samples.length - silent, tookMs: performance.now() - askedMs };
    },
    async [Symbol.asyncDispose]() {
      await sound[Symbol.asyncDispose]();
      await open[Symbol.asyncDispose]();
    },
  };
}

const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1_000));

test.concurrent('the past is there with the first fragment', async () => {
  await using it = await recorded(await testFfmpeg());
  const { silent, heard } = await it.take();
  expect(heard).toBeGreaterThan(110);
  expect(silent).toBeLessThan(15);
}, 60_000);

test.concurrent('an encoder that starts too late costs what it is late, and no more', async () => {
  await using it = await recorded(await wrapped('late', 'sleep 3'));
  expect(await it.take()).toMatchObject({ heard: 0 });
  await aSecond();
  await aSecond();
  await it.take();
  for (let second = 0; second < 4; second++) {
    await aSecond();
    const { silent, heard, tookMs } = await it.take();
    expect(heard).toBeGreaterThan(20);
    expect(silent).toBeLessThan(12);
    expect(tookMs).toBeLessThan(1_000);
  }
}, 60_000);

test.concurrent('a microphone that was mute is heard again as soon as it speaks, and is not waited for while it is mute', async () => {
  await using it = await recorded(await testFfmpeg());
  await it.take();
  it.camera.muteMicrophone();
  for (let second = 0; second < 4; second++) {
    await aSecond();
    await it.take();
  }
  const mute = await it.take();
  expect(mute.heard).toBe(0);
  expect(mute.tookMs).toBeLessThan(100);
  it.camera.unmuteMicrophone();
  await aSecond();
  await it.take();
  for (let second = 0; second < 3; second++) {
    await aSecond();
    expect((await it.take()).heard).toBeGreaterThan(20);
  }
}, 60_000);

test.concurrent('an encoder that fails is told once, and the rest is silent without waiting', async () => {
  await using it = await recorded(await wrapped('failing', 'echo "no such encoder" >&2; exit 1'));
  await it.take();
  await aSecond();
  const { heard, tookMs } = await it.take();
  expect(heard).toBe(0);
  expect(tookMs).toBeLessThan(100);
  expect(it.problems.map(({ code }) => code)).toEqual(['recording-sound-failed']);
}, 60_000);
