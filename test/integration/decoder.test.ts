import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { presetTable } from '../../src/ffmpeg/hardware/presets.js';
import { Decoder, type DecoderOptions } from '../../src/pipeline/decoder.js';
import type { Frame } from '../../src/pipeline/frame-pool.js';
import type { FrameLeaseRequest } from '../../src/pipeline/frame-readers.js';
import type { Problem } from '../../src/problems.js';
import { loadFootage, type Footage } from '../support/camera/footage.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { PlayedFootage } from '../support/played-footage.js';
import { FrameWatcher, longestGap, type SeenPicture } from '../support/seen-pictures.js';
import { StandIns } from '../support/stand-in-ffmpeg.js';
import { softwareOf } from '../support/test-ffmpeg.js';
import { until } from '../support/until.js';

const fps = 30;
const small: FrameLeaseRequest = { holder: 'small', width: 320, height: 180 };
const large: FrameLeaseRequest = { holder: 'large', width: 640, height: 360 };

let standIns: StandIns;
let footage: Footage;
let other: Footage;

beforeAll(async () => {
  standIns = await StandIns.open();
  footage = await loadFootage(smallFootage, ffmpegPath);
  other = await loadFootage({ ...smallFootage, codec: 'hevc', width: 480, height: 270 }, ffmpegPath);
}, 120_000);

afterAll(async () => {
  await standIns[Symbol.asyncDispose]();
});

/** A decoder of footage that plays, on its own. */
function opened(ffmpeg?: () => Promise<Ffmpeg>, options: Partial<DecoderOptions> = {}) {
  const source = new PlayedFootage(footage);
  const problems: Problem[] = [];
  const decoder = new Decoder({
    stream: source,
    hardware: softwareOf(ffmpeg),
    socketFolder: tmpdir(),
    onProblem: (problem) => problems.push(problem),
    onNote: () => undefined,
    ...options,
  });
  const dispose = async (): Promise<void> => {
    await decoder[Symbol.asyncDispose]();
    source[Symbol.dispose]();
  };
  return { source, decoder, problems, [Symbol.asyncDispose]: dispose };
}

/** Each picture is the one that was published with this time, and none comes twice or out of order. */
function expectRightPictures(seen: readonly SeenPicture[], source: PlayedFootage): void {
  expect(seen.filter(({ counter, timeMs }) => counter !== source.counterOf(timeMs))).toEqual([]);
  expect(seen.filter(({ timeMs }, index) => timeMs <= (seen[index - 1]?.timeMs ?? -Infinity))).toEqual([]);
}

/** How old the pictures were when they came. */
function agesOf(seen: readonly SeenPicture[]): number[] {
  return seen.map(({ timeMs, seenMs }) => seenMs - timeMs);
}

describe('a lease that needs more than there is', () => {
  test.concurrent('gets it from a second FFmpeg, and who reads already misses no more than a few pictures', async () => {
    await using it = opened();
    const [first, second] = [new FrameWatcher(), new FrameWatcher()];
    using _small = it.decoder.lease(small, first);
    await until('pictures come', () => first.seen.length > 45);
    using _large = it.decoder.lease(large, second);
    await until('larger ones come', () => second.seen.filter(({ width }) => width === 640).length > 60);
    expect(new Set(first.seen.map(({ width }) => width))).toEqual(new Set([320, 640]));
    expectRightPictures(first.seen, it.source);
    expect(longestGap(first.seen.slice(1), fps)).toBeLessThanOrEqual(5); // The very first one is of the past.
    expect(it.decoder.status()).toMatchObject({ plan: '640x360, all pictures', processes: 1, starts: 2, failures: 0, leases: ['small', 'large'] });
  }, 40_000);

  test.concurrent('gets it also when it comes while the decoder is being started', async () => {
    await using it = opened();
    const planned = Promise.withResolvers<unknown>();
    const [first, second] = [new FrameWatcher(), new FrameWatcher()];
    using _small = it.decoder.lease(small, { onFrame: (frame) => first.onFrame(frame), onPlan: planned.resolve });
    await planned.promise;
    using _large = it.decoder.lease(large, second);
    await until('larger pictures come', () => second.seen.some(({ width }) => width === 640), 5_000);
  }, 40_000);

  test.concurrent('and goes, leaves its size for 10 s, then the pictures are as small as needed again', async () => {
    await using it = opened();
    const watcher = new FrameWatcher();
    using _small = it.decoder.lease(small, watcher);
    const lease = it.decoder.lease(large, new FrameWatcher());
    await until('larger pictures come', () => watcher.seen.some(({ width }) => width === 640));
    lease[Symbol.dispose]();
    const goneMs = performance.now();
    await until('smaller pictures come', () => watcher.seen.at(-1)?.width === 320);
    const tookMs = performance.now() - goneMs;
    expect(tookMs).toBeGreaterThan(9_500);
    expect(tookMs).toBeLessThan(14_000);
    const before = watcher.seen.length;
    await until('they go on', () => watcher.seen.length > before + 30);
    expectRightPictures(watcher.seen, it.source);
    expect(longestGap(watcher.seen.slice(1), fps)).toBeLessThanOrEqual(5);
    expect(it.decoder.status()).toMatchObject({ plan: '320x180, all pictures', processes: 1 });
  }, 40_000);
});

test.concurrent('who comes while the decoder is being started is told what size will come', async () => {
  await using it = opened();
  const planned = Promise.withResolvers<unknown>();
  using _first = it.decoder.lease(small, { onFrame: () => undefined, onPlan: planned.resolve });
  await planned.promise;
  const plans: unknown[] = [];
  const watcher = new FrameWatcher();
  using _second = it.decoder.lease(small, { onFrame: (frame) => watcher.onFrame(frame), onPlan: (plan) => plans.push(plan) });
  await until('pictures come', () => watcher.seen.length > 0);
  expect(plans[0]).toMatchObject({ width: 320, height: 180 });
}, 40_000);

test.concurrent('the decoder ends 10 s after the last lease, lets go of the camera and its memory, and comes back for the next one', async () => {
  await using it = opened();
  const watcher = new FrameWatcher();
  const lease = it.decoder.lease(small, watcher);
  await until('pictures come', () => watcher.seen.length > 10);
  expect(it.source.holders).toEqual(['decoder']);
  lease[Symbol.dispose]();
  const goneMs = performance.now();
  await sleep(8_000);
  expect(it.decoder.status().processes).toBe(1);
  await until('it ends', () => it.decoder.status().processes === 0 && it.source.holders.length === 0, 6_000);
  expect(performance.now() - goneMs).toBeGreaterThan(9_500);
  expect(it.decoder.newest).toBeUndefined();
  await until('the memory is free', () => it.decoder.status().pool.bytes === 0, 4_000);
  expect(it.source.packets.readers).toBe(0);
  const before = watcher.seen.length;
  using _again = it.decoder.lease(small, watcher);
  await until('pictures come again', () => watcher.seen.length > before + 5);
}, 40_000);

test.concurrent('for keyframes only keyframes are decoded; a lease of all pictures beside it gets all of them', async () => {
  await using it = opened();
  const [keyframes, all] = [new FrameWatcher(), new FrameWatcher()];
  using _keyframes = it.decoder.lease({ ...small, keyframesOnly: true, maxFps: 5 }, keyframes);
  await until('two keyframes', () => keyframes.seen.length >= 3);
  expect(it.decoder.status().plan).toBe('320x180, keyframes only');
  expectRightPictures(keyframes.seen, it.source);
  expect(keyframes.seen.map(({ counter }) => (counter ?? NaN) % 60)).toEqual(keyframes.seen.map(() => 0));
  expect(it.decoder.status().pool.published).toBe(keyframes.seen.length);

  const lease = it.decoder.lease(small, all);
  await until('all pictures', () => all.seen.length > 60);
  expect(longestGap(all.seen.slice(1), fps)).toBe(0);
  expectRightPictures(all.seen, it.source);
  lease[Symbol.dispose]();
  await until('keyframes only again', () => it.decoder.status().plan === '320x180, keyframes only');
  const areKeyframes = (seen: readonly SeenPicture[]): boolean => seen.every(({ counter }) => (counter ?? NaN) % 60 === 0);
  await until('all pictures are decoded no more', () => areKeyframes(keyframes.seen.slice(-2)) && it.decoder.status().processes === 1);
  const after = keyframes.seen.length;
  await until('two more', () => keyframes.seen.length >= after + 2);
  expect(areKeyframes(keyframes.seen.slice(after))).toBe(true);
  expectRightPictures(keyframes.seen, it.source);
}, 40_000);

test.concurrent('who asks for fewer pictures gets fewer, evenly, and the decoder gives as many as the one who asks for most', async () => {
  await using it = opened();
  const [few, more] = [new FrameWatcher(), new FrameWatcher()];
  using _few = it.decoder.lease({ ...small, maxFps: 5 }, few);
  using _more = it.decoder.lease({ ...small, maxFps: 15 }, more);
  await until('pictures come', () => few.seen.length >= 20);
  expect(it.decoder.status().plan).toBe('320x180, 15 fps');
  for (const [{ seen }, stepMs] of [[few, 200], [more, 1_000 / 15]] as const) {
    const steps = seen.slice(6).map(({ timeMs }, index) => timeMs - (seen[index + 5]?.timeMs ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(stepMs - 20);
    expect(Math.max(...steps)).toBeLessThan(stepMs + 20);
  }
}, 40_000);

test.concurrent('a reader that keeps all pictures that it is given has three at most, and takes none from the others', async () => {
  await using it = opened();
  const watcher = new FrameWatcher();
  const kept: Frame[] = [];
  using _keeper = it.decoder.lease({ ...small, holder: 'keeper' }, { onFrame: (frame) => void kept.push(frame.retain()) });
  using _watcher = it.decoder.lease(small, watcher);
  await until('it keeps three', () => kept.length === 3);
  const contents = kept.map(({ luma }) => Buffer.from(luma));
  const before = watcher.seen.length;
  await until('the others go on', () => watcher.seen.length > before + 60);
  expect(longestGap(watcher.seen.slice(1), fps)).toBeLessThanOrEqual(5);
  expect(kept.map(({ luma }, index) => contents[index]?.equals(luma))).toEqual([true, true, true]);
  kept.forEach((frame) => frame[Symbol.dispose]());
  expect(it.decoder.status()).toMatchObject({ starts: 1, failures: 0, pool: { dropped: 0 } });
}, 40_000);

test.concurrent('with all slots in use pictures are dropped and counted, FFmpeg is not held up, and it goes on when they are given back', async () => {
  await using it = opened();
  const kept: Frame[] = [];
  const keepNewest = (): void => {
    kept.push(...(it.decoder.newest ? [it.decoder.newest.retain()] : []));
  };
  const lease = it.decoder.lease(small, { onFrame: keepNewest });
  await until('all slots are in use', () => it.decoder.status().pool.dropped > 0);
  await sleep(3_000); // Longer than FFmpeg may owe a picture before it gets the next keyframe.
  const { pool, starts } = it.decoder.status();
  expect(pool.inUse).toBe(pool.slots);
  expect(pool.bytes).toBeLessThanOrEqual(pool.slots * pool.slotBytes);
  expect(pool.dropped).toBeGreaterThan(2 * fps);
  expect(starts).toBe(1);
  lease[Symbol.dispose]();
  kept.forEach((frame) => frame[Symbol.dispose]());
  const watcher = new FrameWatcher();
  using _watcher = it.decoder.lease(small, watcher);
  await until('pictures of the present come', () => watcher.seen.length > 30);
  expect(Math.max(...agesOf(watcher.seen))).toBeLessThan(1_000 * (await machinePace()));
  expect(it.decoder.status()).toMatchObject({ starts: 1, failures: 0 });
}, 40_000);

test.concurrent('what began in software goes on in hardware as soon as that is proven, and stays there', async () => {
  // Software by another name: no machine that tests has every kind of hardware.
  const hardware = { ...presetTable.software, name: 'vaapi', label: 'VAAPI' } as const;
  const { decoder: software, failed } = softwareOf();
  let proven = false;
  const decoder: typeof software = async (stream) => ({ ...(await software(stream)), ...(proven && { preset: hardware }) });
  await using it = opened(undefined, { hardware: { decoder, failed }, reconsiderEveryMs: 200 });
  const watcher = new FrameWatcher();
  using _lease = it.decoder.lease(small, watcher);
  await until('pictures come', () => watcher.seen.length > 30);
  expect(it.decoder.status()).toMatchObject({ starts: 1, by: expect.stringMatching(/^software/i) });
  proven = true;
  await until('hardware decodes', () => it.decoder.status().by?.startsWith('VAAPI') === true && it.decoder.status().processes === 1);
  proven = false;
  const before = watcher.seen.length;
  await until('pictures go on', () => watcher.seen.length > before + 45);
  expect(it.decoder.status()).toMatchObject({ starts: 2, failures: 0, by: expect.stringMatching(/^VAAPI/) });
  expectRightPictures(watcher.seen, it.source);
  expect(it.problems).toEqual([]);
}, 40_000);

describe('what goes wrong', () => {
  test.concurrent('on a machine that is too slow pictures are left out, and what comes stays near the present', async () => {
    const slow = await standIns.slow('slow', 0.6);
    await using it = opened(() => Promise.resolve(slow));
    const watcher = new FrameWatcher();
    using _lease = it.decoder.lease(large, watcher);
    await sleep(14_000);
    expect(watcher.seen.length).toBeGreaterThan(15);
    expect(longestGap(watcher.seen, fps)).toBeGreaterThan(5); // It is slow indeed.
    // What waits in the pipe is so many pictures: they are the older, the longer the machine takes for each.
    expect(Math.max(...agesOf(watcher.seen.slice(-30)))).toBeLessThan(7_000 * (await machinePace()));
    expectRightPictures(watcher.seen, it.source);
    expect(it.problems).toEqual([]);
  }, 40_000);

  test.concurrent('a camera that changes its size and codec is decoded on, with all leases', async () => {
    await using it = opened();
    const watcher = new FrameWatcher();
    using _lease = it.decoder.lease(large, watcher);
    await until('pictures come', () => watcher.seen.length > 30);
    it.source.show(other);
    await until('pictures of the other size come', () => watcher.seen.filter(({ width }) => width === 480).length > 60);
    const after = watcher.seen.filter(({ width }) => width === 480);
    expectRightPictures(after, it.source);
    expect(after[0]?.counter).toBeLessThan(60); // Not only from its second keyframe on.
    expect(it.problems).toEqual([]);
    expect(it.decoder.status()).toMatchObject({ plan: '480x270, all pictures', processes: 1, failures: 0 });
  }, 40_000);

  test.concurrent('an FFmpeg that gives nothing is replaced after its patience, and told', async () => {
    const mute = await standIns.program('mute', 'exec cat > /dev/null');
    await using it = opened(() => Promise.resolve(mute));
    using _lease = it.decoder.lease(small, new FrameWatcher());
    await until('it is replaced', () => it.decoder.status().starts === 2 && it.decoder.status().processes === 1);
    expect(it.problems.map(({ code, detail }) => `${code}: ${detail}`)).toEqual(['live-view-failed: FFmpeg gave no picture for 10 s']);
    expect(it.decoder.status()).toMatchObject({ starts: 2, processes: 1 });
  }, 40_000);

  test.concurrent('one that cannot be started is a problem, not a crash, and nothing is left reading', async () => {
    const { source, problems, decoder, ...it } = opened(async () => ({ ...(await standIns.program('none', '')), path: '/dev/null/ffmpeg' }));
    {
      await using _it = it;
      using _lease = decoder.lease(small, new FrameWatcher());
      await sleep(3_500);
      expect(decoder.status().starts).toBeGreaterThan(1);
    }
    expect(problems[0]).toMatchObject({ code: 'live-view-failed' });
    expect(problems.length).toBeLessThan(6); // A second between them.
    expect({ readers: source.packets.readers, holders: source.holders }).toEqual({ readers: 0, holders: [] });
  }, 40_000);

  test('one that dies is replaced within 2 s', async () => {
    const doomed = await standIns.program('doomed', `${ffmpegPath} "$@" & p=$!; (sleep 3; kill -KILL $p) & wait $p; kill -KILL $$`);
    const real = await standIns.program('real', `exec ${ffmpegPath} "$@"`);
    const turns = [doomed];
    await using it = opened(() => Promise.resolve(turns.shift() ?? real));
    const watcher = new FrameWatcher();
    using _lease = it.decoder.lease(small, watcher);
    await until('it is replaced', () => it.decoder.status().starts > 1);
    const before = watcher.seen.length;
    await until('pictures come again', () => watcher.seen.length > before + 30);
    expect(longestGap(watcher.seen.slice(1), fps) / fps).toBeLessThan(2 * (await machinePace()));
    expectRightPictures(watcher.seen, it.source);
    expect(it.problems.map(({ code }) => code)).toEqual(['live-view-failed']);
  }, 40_000);
});
