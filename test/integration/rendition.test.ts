import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import type { AccessUnit } from '../../src/media/access-unit.js';
import { Decoder } from '../../src/pipeline/decoder.js';
import type { PacketStream } from '../../src/pipeline/packet-stream.js';
import { Renditions } from '../../src/pipeline/renditions.js';
import type { RenditionSettings } from '../../src/policy/rendition-choice.js';
import type { Problem } from '../../src/problems.js';
import { loadFootage, type Footage } from '../support/camera/footage.js';
import { readMarks } from '../support/camera/marks.js';
import { processFacts } from '../support/homebridge/process-tree.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { PlayedFootage } from '../support/played-footage.js';
import { decodeUnits, FrameWatcher, longestGap } from '../support/seen-pictures.js';
import { StandIns } from '../support/stand-in-ffmpeg.js';
import { softwareOf } from '../support/test-ffmpeg.js';
import { until } from '../support/until.js';

const fps = 30;
const settings: RenditionSettings = { width: 320, height: 180, fps, bitrateKbps: 200, profile: 'high', level: '3.1' };
const larger: RenditionSettings = { ...settings, width: 640, height: 360, bitrateKbps: 400 };

let standIns: StandIns;
let footage: Footage;
let rareKeyframes: Footage;
let other: Footage;

beforeAll(async () => {
  standIns = await StandIns.open();
  footage = await loadFootage(smallFootage, ffmpegPath);
  rareKeyframes = await loadFootage({ ...smallFootage, keyframeSeconds: 20, seconds: 20 }, ffmpegPath);
  other = await loadFootage({ ...smallFootage, codec: 'hevc', width: 480, height: 270 }, ffmpegPath);
}, 120_000);

afterAll(async () => {
  await standIns[Symbol.asyncDispose]();
});

/** The renditions of footage that plays. @param encoder in FFmpeg's place; the decoder is the real one. */
function opened(encoder?: () => Promise<Ffmpeg>, played = footage) {
  const source = new PlayedFootage(played);
  const problems: Problem[] = [];
  const onProblem = (problem: Problem): void => void problems.push(problem);
  const decoder = new Decoder({ stream: source, hardware: softwareOf(), socketFolder: tmpdir(), onProblem, onNote: () => undefined });
  const renditions = new Renditions({ source: source.packets, decoder, hardware: softwareOf(encoder), onProblem });
  const dispose = async (): Promise<void> => {
    await renditions[Symbol.asyncDispose]();
    await decoder[Symbol.asyncDispose]();
    source[Symbol.dispose]();
  };
  return { source, decoder, renditions, problems, [Symbol.asyncDispose]: dispose };
}

/** Reads a rendition from now on. */
class UnitWatcher implements Disposable {
  readonly units: AccessUnit[] = [];
  /** How old each was when it came. */
  readonly ages: number[] = [];
  readonly #reader: Disposable;

  constructor(packets: PacketStream) {
    const reader = packets.read(() => {
      for (let unit = reader.next(); unit; unit = reader.next()) {
        this.units.push(unit);
        this.ages.push(performance.now() - unit.timeMs);
      }
    });
    this.#reader = reader;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

/** They decode without a fault, to the size asked for, and each shows what was drawn into the source's picture of its time. */
async function expectRightPictures(received: readonly AccessUnit[], source: PlayedFootage, { width, height }: { readonly width: number; readonly height: number } = settings): Promise<void> {
  const units = [...received]; // More come meanwhile.
  expect(units.filter(({ timeMs }, index) => timeMs <= (units[index - 1]?.timeMs ?? -Infinity))).toEqual([]);
  const decoded = await decodeUnits(units, { width: 320, height: 180 });
  expect(decoded).toMatchObject({ errors: '', frames: units.length, width, height });
  const counters = decoded.luma.map((luma) => readMarks(luma, 320, 180)?.counter);
  expect(counters.filter((counter, index) => counter !== source.counterOf(units[index]?.timeMs ?? 0))).toEqual([]);
}

/** The real FFmpeg, which notes its process before it starts. @param script instead of it. */
async function noted(name: string, script = `exec '${ffmpegPath}' "$@"`): Promise<{ readonly ffmpeg: Ffmpeg; readonly pids: () => Promise<number[]> }> {
  const ffmpeg = await standIns.program(name, `echo $$ >> "$0.pids"\n${script}`);
  const file = `${ffmpeg.path}.pids`;
  await writeFile(file, '');
  return { ffmpeg, pids: async () => (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '').map(Number) };
}

test.concurrent('who asks for the same shares one encoder, who asks for less gets one beside it, and all show the right pictures', async () => {
  const { ffmpeg, pids } = await noted('shared');
  await using it = opened(() => Promise.resolve(ffmpeg));
  const leases = [it.renditions.lease(settings, 'first'), it.renditions.lease({ ...settings }, 'second'), it.renditions.lease(larger, 'third')];
  expect(leases[0]?.packets).toBe(leases[1]?.packets);
  const watchers = leases.map(({ packets }) => new UnitWatcher(packets));
  await until('pictures come', () => watchers.every(({ units }) => units.length > 75));
  expect(it.renditions.status().map(({ processes, leases: holders }) => ({ processes, holders }))).toEqual([
    { processes: 1, holders: ['first', 'second'] },
    { processes: 1, holders: ['third'] },
  ]);
  expect(await pids()).toHaveLength(it.renditions.status().reduce((sum, { starts }) => sum + starts, 0));
  expect(it.decoder.status()).toMatchObject({ plan: '640x360, 30 fps', processes: 1 });
  await expectRightPictures(watchers[0]?.units ?? [], it.source);
  await expectRightPictures(watchers[2]?.units ?? [], it.source, larger);
  leases.forEach((lease) => lease[Symbol.dispose]());
}, 40_000);

test.concurrent('the first picture does not wait for the second keyframe', async () => {
  await using it = opened(undefined, rareKeyframes);
  using lease = it.renditions.lease(settings, 'test');
  using watcher = new UnitWatcher(lease.packets);
  await until('a picture comes', () => watcher.units.length > 0, 15_000);
  expect(watcher.units[0]?.keyframe).toBe(true);
}, 40_000);

test.concurrent('who comes while the decoder is being started is encoded for as well', async () => {
  await using it = opened();
  const planned = Promise.withResolvers<unknown>();
  using _first = it.decoder.lease({ holder: 'test', width: 640, height: 360 }, { onFrame: () => undefined, onPlan: planned.resolve });
  await planned.promise;
  using lease = it.renditions.lease(settings, 'test');
  using watcher = new UnitWatcher(lease.packets);
  await until('pictures come', () => watcher.units.length > 0, 6_000);
}, 40_000);

test.concurrent('an encoder goes on for 5 s after its last lease, then it ends', async () => {
  const { ffmpeg, pids } = await noted('idle');
  await using it = opened(() => Promise.resolve(ffmpeg));
  const lease = it.renditions.lease(settings, 'test');
  using watcher = new UnitWatcher(lease.packets);
  await until('pictures come', () => watcher.units.length > 10);
  lease[Symbol.dispose]();
  const goneMs = performance.now();
  await sleep(3_500);
  using again = it.renditions.lease(settings, 'test again');
  expect(again.packets).toBe(lease.packets);
  expect(it.renditions.status()).toMatchObject([{ starts: 1 }]);
  again[Symbol.dispose]();
  await until('it ends', async () => (await pids()).every((pid) => processFacts(pid) === undefined), 10_000);
  expect(performance.now() - goneMs).toBeGreaterThan(8_000);
  expect(it.renditions.status()).toEqual([]);
  expect(it.decoder.status().leases).toEqual([]);
}, 40_000);

test.concurrent('half the pictures of the camera are encoded where half its rate is asked for, evenly, at no more than the asked bitrate', async () => {
  await using it = opened();
  using lease = it.renditions.lease({ ...settings, fps: 15 }, 'test');
  using watcher = new UnitWatcher(lease.packets);
  await until('pictures come', () => watcher.units.length > 90);
  const present = watcher.units.slice(30);
  const steps = present.slice(1).map(({ timeMs }, index) => timeMs - (present[index]?.timeMs ?? 0));
  const { dropped = 0 } = it.renditions.status()[0] ?? {};
  expect(steps.filter((step) => Math.abs(step - 1_000 / 15) > 10).length).toBeLessThanOrEqual(dropped * 2);
  expect(dropped).toBeLessThan(10); // While all these tests start.
  await expectRightPictures(watcher.units, it.source);
  const spanMs = steps.reduce((sum, step) => sum + step, 0);
  expect((present.slice(1).reduce((sum, { data }) => sum + data.length, 0) * 8) / spanMs).toBeLessThan(settings.bitrateKbps * 1.2);
}, 40_000);

/** Each by itself, as they are about time. */
describe('it goes on', () => {
  test('when the camera changes its size and codec', async () => {
    await using it = opened();
    using lease = it.renditions.lease(larger, 'test');
    using watcher = new UnitWatcher(lease.packets);
    await until('pictures come', () => watcher.units.length > 45);
    it.source.show(other);
    const before = watcher.units.length;
    await until('they go on', () => watcher.units.length > before + 75);
    expect(longestGap(watcher.units, fps) / fps).toBeLessThan(2 * (await machinePace()));
    await expectRightPictures(watcher.units, it.source, larger);
    expect(it.problems).toEqual([]);
    expect(it.renditions.status()).toMatchObject([{ processes: 1, starts: 2, failures: 0 }]);
  }, 40_000);

  test('when its FFmpeg is killed, within 2 s, from a keyframe on', async () => {
    const { ffmpeg, pids } = await noted('killed');
    await using it = opened(() => Promise.resolve(ffmpeg));
    using lease = it.renditions.lease(settings, 'test');
    using watcher = new UnitWatcher(lease.packets);
    await until('pictures come', () => watcher.units.length > 45);
    process.kill((await pids())[0] ?? 0, 'SIGKILL');
    const before = watcher.units.length;
    await until('they go on', () => watcher.units.length > before + 45);
    expect(longestGap(watcher.units, fps) / fps).toBeLessThan(2 * (await machinePace()));
    // Pictures may be missing elsewhere too, on a machine that has more to do.
    const behindGaps = watcher.units.filter(({ timeMs }, index) => timeMs - (watcher.units[index - 1]?.timeMs ?? timeMs) > 150);
    expect(behindGaps.map(({ keyframe }) => keyframe)).toContain(true);
    await expectRightPictures(watcher.units, it.source);
    expect(it.renditions.status()).toMatchObject([{ processes: 1, starts: 2, failures: 1 }]);
    lease[Symbol.dispose]();
    await until('it ends', () => it.renditions.status().length === 0, 10_000);
    expect(it.renditions.totals.failures).toBe(1);
    expect(it.problems.map(({ code }) => code)).toEqual(['live-view-failed']);
  }, 40_000);
});

describe('what goes wrong', () => {
  test.concurrent('on a machine that is too slow pictures are left out before the encoder, what is shown stays near the present, and others go on', async () => {
    const slow = await standIns.slow('slow', 0.6);
    await using it = opened(() => Promise.resolve(slow));
    const beside = new FrameWatcher();
    using _beside = it.decoder.lease({ holder: 'beside', width: 320, height: 180 }, beside);
    using lease = it.renditions.lease(settings, 'test');
    using watcher = new UnitWatcher(lease.packets);
    const inUse: number[] = [];
    for (const endMs = performance.now() + 14_000; performance.now() < endMs; ) {
      await sleep(100);
      inUse.push(it.decoder.status().pool.inUse);
    }
    const { dropped = 0 } = it.renditions.status()[0] ?? {};
    expect(dropped).toBeGreaterThan(30);
    expect(watcher.units.length).toBeGreaterThan(15);
    expect(Math.max(...watcher.ages.slice(-20))).toBeLessThan(7_000);
    expect(Math.max(...inUse)).toBeLessThanOrEqual(4); // The newest, one being filled, one being written, one that waits.
    expect(longestGap(beside.seen.slice(1), fps)).toBeLessThanOrEqual(5);
    expect(it.decoder.status().pool.dropped).toBe(0);
    await expectRightPictures(watcher.units, it.source);
    expect(it.problems).toEqual([]);
  }, 40_000);

  test.concurrent('an encoder that gives nothing is replaced after its patience, and told', async () => {
    const { ffmpeg, pids } = await noted('mute', 'exec cat > /dev/null');
    await using it = opened(() => Promise.resolve(ffmpeg));
    using _lease = it.renditions.lease(settings, 'test');
    await until('it is replaced', () => it.renditions.status()[0]?.starts === 2 && it.renditions.status()[0]?.processes === 1);
    expect(it.problems.map(({ code, detail }) => `${code}: ${detail}`)).toEqual(['live-view-failed: FFmpeg gave no picture for 10 s']);
    expect(it.renditions.status()).toMatchObject([{ starts: 2, failures: 1, processes: 1 }]);
    await until('the second has started', async () => (await pids()).length === 2);
    expect((await pids()).filter((pid) => processFacts(pid) !== undefined)).toHaveLength(1);
  }, 40_000);

  test.concurrent('one that cannot be started is a problem, not a crash, and nothing is left behind', async () => {
    const { problems, decoder, ...it } = opened(async () => ({ ...(await standIns.program('none', '')), path: '/dev/null/ffmpeg' }));
    {
      await using all = it;
      using _lease = all.renditions.lease(settings, 'test');
      await sleep(3_500);
    }
    expect(problems[0]).toMatchObject({ code: 'live-view-failed' });
    expect(problems.length).toBeLessThan(6); // A second between them.
    expect(decoder.status()).toMatchObject({ leases: [], processes: 0, pool: { inUse: 0 } });
  }, 40_000);

  test.concurrent('one that does not end when its pictures do is gone when its renditions are', async () => {
    const { ffmpeg, pids } = await noted('clinging', `'${ffmpegPath}' "$@"; exec sleep 50`);
    const living = async (): Promise<number[]> => (await pids()).filter((pid) => processFacts(pid) !== undefined);
    {
      await using it = opened(() => Promise.resolve(ffmpeg));
      using lease = it.renditions.lease(settings, 'test');
      using watcher = new UnitWatcher(lease.packets);
      await until('pictures come', () => watcher.units.length > 10);
      using _large = it.decoder.lease({ holder: 'test', width: 640, height: 360 }, new FrameWatcher());
      const before = watcher.units.length;
      await until('another encoder has taken over', () => watcher.units.length > before + 60);
      expect(await pids()).toHaveLength(2);
    }
    await sleep(1_000);
    const left = await living();
    left.forEach((pid) => process.kill(pid, 'SIGKILL'));
    expect(left).toEqual([]);
  }, 40_000);
});

/** By itself, after the others: a machine that starts ten more FFmpegs meanwhile takes its time. One or two pictures where nothing else runs. */
test('it goes on when somebody else needs larger pictures: a few are missing at most', async () => {
  await using it = opened();
  using lease = it.renditions.lease(settings, 'test');
  using watcher = new UnitWatcher(lease.packets);
  await until('pictures come', () => watcher.units.length > 45);
  using large = it.renditions.lease(larger, 'test');
  using beside = new UnitWatcher(large.packets);
  await until('both come', () => beside.units.length > 60);
  // Alone 1 or 2; beside other suites the new encoder takes its time to start.
  expect(longestGap(watcher.units, fps)).toBeLessThanOrEqual(45 * (await machinePace()));
  await expectRightPictures(watcher.units, it.source);
  await expectRightPictures(beside.units, it.source, larger);
}, 40_000);
