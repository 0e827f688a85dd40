import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { decode } from 'jpeg-js';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { runningFfmpegs } from '../../src/ffmpeg/running-ffmpegs.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import type { AccessUnit } from '../../src/media/access-unit.js';
import { joinNals } from '../../src/media/nal.js';
import { videoFormatFromParameterSets } from '../../src/media/video-format.js';
import { FramePool, type Frame } from '../../src/pipeline/frame-pool.js';
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

/** The real one, whose starts are counted. */
function countedFfmpeg(name: string, before = ':'): ReturnType<typeof program> {
  return program(name, `${before}\nexec '${ffmpegPath.startsWith('/') ? ffmpegPath : `/usr/bin/env' '${ffmpegPath}`}' "$@"`);
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
  const { ffmpeg, starts } = await countedFfmpeg('real');
  expect(await decodeJpeg(await renderer.render(ffmpeg, keyframe, size, never))).toMatchObject({ ...size, marks: { counter: 0 } });
  await sleep(300);
  expect(await starts()).toBe(2);
  await renderer.render(ffmpeg, keyframe, size, never);
  await sleep(300);
  expect(await starts()).toBe(3); // One was waiting; its successor waits now.
  await renderer.render(ffmpeg, keyframe, { width: 160, height: 90 }, never);
  await renderer[Symbol.asyncDispose]();
  expect(runningFfmpegs()).toHaveLength(0);
}, 30_000);

test('one that hangs is given up when the time is over, at once, and is gone soon after', async () => {
  await using renderer = new StillRenderer();
  const { ffmpeg } = await program('deaf', 'trap "" TERM; while :; do sleep 0.1; done');
  const asked = performance.now();
  await expect(renderer.render(ffmpeg, keyframe, size, AbortSignal.timeout(500))).rejects.toMatchObject({ code: 'snapshot-failed' });
  expect(performance.now() - asked).toBeLessThan(1_000);
  await sleep(3_500);
  expect(runningFfmpegs()).toHaveLength(0);
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

describe('a JPEG of a decoded picture', () => {
  /** White, black, red and blue stripes in limited range (ITU-R BT.601), as luma and chroma. */
  const stripes = [[235, 128, 128], [16, 128, 128], [81, 90, 240], [41, 240, 110]] as const;
  const inRgb = [[255, 255, 255], [0, 0, 0], [254, 0, 0], [0, 0, 255]];

  function striped(pool: FramePool, width: number, height: number): Frame {
    const slot = pool.claim(width, height);
    if (!slot) {
      throw new Error('no slot left');
    }
    const fill = (offset: number, columns: number, rows: number, component: 0 | 1 | 2): void => {
      for (let index = 0; index < columns * rows; index++) {
        slot.bytes[offset + index] = stripes[Math.floor(((index % columns) * 4) / columns)]?.[component] ?? 0;
      }
    };
    fill(0, width, height, 0);
    fill(width * height, width / 2, height / 2, 1);
    fill(width * height * 1.25, width / 2, height / 2, 2);
    return slot.publish(performance.now());
  }

  /** Size, and the colours in the middle of the four stripes. */
  function look(jpeg: Buffer): { width: number; height: number; colours: number[][] } {
    const { width, height, data } = decode(jpeg, { useTArray: true });
    const colours = [1, 3, 5, 7].map((eighth) => {
      const at = 4 * (Math.floor(height / 2) * width + Math.floor((width * eighth) / 8));
      return [...data.subarray(at, at + 3)];
    });
    return { width, height, colours };
  }

  function expectStripes(jpeg: Buffer): { width: number; height: number } {
    const { width, height, colours } = look(jpeg);
    const furthest = Math.max(...colours.flatMap((colour, stripe) => colour.map((value, component) => Math.abs(value - (inRgb[stripe]?.[component] ?? 0)))));
    expect(furthest).toBeLessThanOrEqual(6);
    return { width, height };
  }

  /** Memory is read until FFmpeg has it: the slot is free soon after, not at once. */
  async function freeSoon(pool: FramePool): Promise<number> {
    for (let tries = 0; tries < 100 && pool.status().inUse > 0; tries++) {
      await sleep(50);
    }
    return pool.status().inUse;
  }

  test('has the right size, shape and colours, is never enlarged, and gives its picture back', async () => {
    await using renderer = new StillRenderer();
    const { ffmpeg } = await countedFfmpeg('colours');
    const pool = new FramePool({ slots: 2 });
    {
      using frame = striped(pool, 640, 360);
      const sizes = [[320, 180], [320, 240], [100, 1000], [1920, 1080]].map(([width = 0, height = 0]) => ({ width, height }));
      const jpegs = await Promise.all(sizes.map((box) => renderer.renderFrame(ffmpeg, () => frame, box, never)));
      expect(jpegs.map(expectStripes)).toEqual([{ width: 320, height: 180 }, { width: 320, height: 180 }, { width: 100, height: 56 }, { width: 640, height: 360 }]);
      using other = striped(pool, 320, 640);
      expect(expectStripes(await renderer.renderFrame(ffmpeg, () => other, size, never))).toEqual({ width: 90, height: 180 });
    }
    expect(await freeSoon(pool)).toBe(0);
  }, 30_000);

  test('one FFmpeg makes all of one size, each from its own picture', async () => {
    await using renderer = new StillRenderer();
    const { ffmpeg, starts } = await countedFfmpeg('kept');
    const pool = new FramePool({ slots: 1 });
    for (let number = 0; number < 10; number++) {
      const slot = pool.claim(640, 360);
      slot?.bytes.fill(128);
      slot?.bytes.fill(16 + number * 20, 0, 640 * 360);
      using frame = slot?.publish(0);
      const jpeg = frame && (await renderer.renderFrame(ffmpeg, () => frame, size, never));
      const expected = (number * 20 * 255) / 219;
      expect(Math.abs((look(jpeg ?? Buffer.alloc(0)).colours[0]?.[0] ?? 0) - expected)).toBeLessThanOrEqual(2);
    }
    expect(await starts()).toBe(1);
    expect(runningFfmpegs()).toHaveLength(1);
    await renderer[Symbol.asyncDispose]();
    expect(runningFfmpegs()).toHaveLength(0);
    expect(await freeSoon(pool)).toBe(0);
  }, 30_000);

  test('the FFmpeg ends 30 s after its last picture', async () => {
    await using renderer = new StillRenderer();
    const { ffmpeg, starts } = await countedFfmpeg('idle');
    using frame = striped(new FramePool({ slots: 1 }), 640, 360);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance', 'Date'] });
    try {
      await renderer.renderFrame(ffmpeg, () => frame, size, never);
      jest.advanceTimersByTime(29_000);
      await renderer.renderFrame(ffmpeg, () => frame, size, never);
      jest.advanceTimersByTime(29_000);
      await renderer.renderFrame(ffmpeg, () => frame, size, never);
      expect(await starts()).toBe(1);
      jest.advanceTimersByTime(30_000);
    } finally {
      jest.useRealTimers();
    }
    for (let tries = 0; tries < 100 && runningFfmpegs().length > 0; tries++) {
      await sleep(50);
    }
    expect(runningFfmpegs()).toHaveLength(0);
  }, 30_000);

  test('no more than four are kept, for all sizes and cameras', async () => {
    await using renderer = new StillRenderer(1);
    const { ffmpeg, starts } = await countedFfmpeg('sizes');
    using frame = striped(new FramePool({ slots: 1 }), 640, 360);
    for (const width of [100, 200, 300, 400, 500, 100]) {
      await renderer.renderFrame(ffmpeg, () => frame, { width, height: 600 }, never);
    }
    expect(await starts()).toBe(6);
    await sleep(1_000);
    expect(runningFfmpegs()).toHaveLength(4);
  }, 30_000);

  test('one that is killed while it waits or works costs one picture at most', async () => {
    await using renderer = new StillRenderer();
    const pool = new FramePool({ slots: 1 });
    const pidFile = join(folder, 'killed.pid');
    const { ffmpeg, starts } = await countedFfmpeg('killed', `echo $$ > '${pidFile}'`);
    const kill = async (signal: NodeJS.Signals): Promise<boolean> => process.kill(Number(await readFile(pidFile, 'utf8')), signal);
    {
      using frame = striped(pool, 640, 360);
      await renderer.renderFrame(ffmpeg, () => frame, size, never);
      await kill('SIGSTOP');
      const working = renderer.renderFrame(ffmpeg, () => frame, size, never).catch((error: unknown) => error);
      await sleep(200);
      await kill('SIGKILL');
      expect(await working).toMatchObject({ code: 'snapshot-failed' });
      expectStripes(await renderer.renderFrame(ffmpeg, () => frame, size, never));
      expect(await starts()).toBe(2);
      await kill('SIGKILL');
      await sleep(200);
      expectStripes(await renderer.renderFrame(ffmpeg, () => frame, size, never));
      expect(await starts()).toBe(3);
    }
    expect(await freeSoon(pool)).toBe(0);
  }, 30_000);

  test('one that hangs is given up when the time is over, at once, and gives the picture back when it is gone', async () => {
    await using renderer = new StillRenderer(1);
    const pool = new FramePool({ slots: 1 });
    const { ffmpeg } = await program('deafer', 'trap "" TERM; while :; do sleep 0.1; done');
    const asked = performance.now();
    {
      using frame = striped(pool, 640, 360);
      const outcomes = [300, 500].map((ms) => renderer.renderFrame(ffmpeg, () => frame, size, AbortSignal.timeout(ms)).catch((error: unknown) => (error as { detail: string }).detail));
      expect(await Promise.all(outcomes)).toEqual(['FFmpeg took too long', 'FFmpeg took too long']);
    }
    expect(performance.now() - asked).toBeLessThan(1_500);
    expect(pool.status().inUse).toBe(1); // Both still may read it.
    expect(await freeSoon(pool)).toBe(0);
    await renderer[Symbol.asyncDispose]();
    expect(runningFfmpegs()).toHaveLength(0);
  }, 15_000);
});
