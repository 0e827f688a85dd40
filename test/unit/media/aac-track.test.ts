import { describe, expect, test } from '@jest/globals';
import { aacFrameMs, aacFrameSamples, AacTrack, recordedSound, silentAacFrame } from '../../../src/media/aac-track.js';
import { parseAudioSpecificConfig } from '../../../src/media/audio-specific-config.js';
import type { TrackRun } from '../../../src/media/fmp4-writer.js';
import { below, seededRandom } from '../../support/seeded-random.js';

const startMs = 1000;

function frame(name: number): Uint8Array {
  return Uint8Array.of(name);
}

/** Frames by their number, silence as '-'. */
function heard({ samples }: TrackRun): string {
  return samples.map(({ data }) => (data === silentAacFrame ? '-' : String(data[0]))).join(' ');
}

/** Frames 0, 1, ... one after the other; `offsets` says how many ms each comes off its time. */
function push(track: AacTrack, firstMs: number, offsets: readonly number[]): void {
  offsets.forEach((offset, index) => track.push(frame(index), firstMs + index * aacFrameMs + offset));
}

test('the constants agree with each other', () => {
  expect(parseAudioSpecificConfig(recordedSound.config)).toEqual({ channels: recordedSound.channels, sampleRate: recordedSound.sampleRate });
  expect(aacFrameMs).toBe(32);
  expect(aacFrameSamples).toBe(1024);
});

describe('the grid', () => {
  test('takes the phase of the first frame, so that sound and picture are exactly together', () => {
    const track = new AacTrack(startMs);
    push(track, startMs + 75, [0, 0, 0]);
    const run = track.take(startMs + 160);
    expect(run.baseDecodeTimeTicks).toBe(11 * 32);
    expect(heard(run)).toBe('- - 0 1 2');
    expect(run.samples[0]).toEqual({ data: silentAacFrame, durationTicks: 1024, keyframe: true, compositionOffsetTicks: 0 });
  });

  test('begins with the picture where no frame came yet; later ones go to the nearest slot', () => {
    const track = new AacTrack(startMs);
    const first = track.take(startMs + 64);
    push(track, startMs + 64 + 15, [0, 0]);
    const second = track.take(startMs + 128);
    expect([first.baseDecodeTimeTicks, heard(first)]).toEqual([0, '- -']);
    expect([second.baseDecodeTimeTicks, heard(second)]).toEqual([2048, '0 1']);
    const other = new AacTrack(startMs);
    other.take(startMs + 64);
    push(other, startMs + 64 + 17, [0, 0]);
    expect(heard(other.take(startMs + 160))).toBe('- 0 1');
  });

  test('a frame that begins at the first picture is kept, one that begins before it is not', () => {
    const track = new AacTrack(startMs);
    push(track, startMs - 32.5, [0, 0, 0]);
    expect(heard(track.take(startMs + 64))).toBe('2 -');
    const exact = new AacTrack(startMs);
    push(exact, startMs - 32, [0, 0, 0]);
    expect(exact.take(startMs + 64)).toMatchObject({ baseDecodeTimeTicks: 0, samples: [{ data: frame(1) }, { data: frame(2) }] });
  });
});

describe('taking', () => {
  test('runs reach to the first frame that begins at the asked time or later, and follow on each other', () => {
    const track = new AacTrack(startMs);
    push(track, startMs, [0, 0, 0, 0, 0]);
    const runs = [32, 33, 96, 90, 400].map((untilMs) => track.take(startMs + untilMs));
    expect(runs.map(({ baseDecodeTimeTicks }) => baseDecodeTimeTicks)).toEqual([0, 1024, 2048, 3072, 3072]);
    expect(runs.map(heard)).toEqual(['0', '1', '2', '', '3 4 - - - - - - - -']);
  });

  test('with what is announced no real frame is missed, wherever the grid stands', () => {
    for (let phase = 0; phase < 32; phase++) {
      const track = new AacTrack(startMs);
      track.take(startMs + 10);
      push(track, startMs + 32 + phase, Array<number>(20).fill(0));
      expect(heard(track.take(track.reachesMs)).replace(/^(- )+/, '')).toBe(Array.from({ length: 20 }, (_, index) => index).join(' '));
    }
  });

  test('where there is sound until', () => {
    const track = new AacTrack(startMs);
    expect(track.reachesMs).toBe(startMs);
    push(track, startMs + 5, [0, 0]);
    expect(track.reachesMs).toBe(startMs + 5 + 64);
    track.take(startMs + 500);
    expect(track.reachesMs).toBe(startMs + 5 + 64);
  });

  test('a frame whose place was given out is left out', () => {
    const track = new AacTrack(startMs);
    push(track, startMs, [0, 0]);
    expect(heard(track.take(startMs + 128))).toBe('0 1 - -');
    track.push(frame(2), startMs + 64);
    track.push(frame(3), startMs + 96);
    track.push(frame(4), startMs + 128);
    expect(heard(track.take(startMs + 192))).toBe('4 -');
  });
});

describe('times that are not quite regular', () => {
  test.each([
    ['jitter of 4 ms on both sides', [0, 4, -4, 4, -4, 4, -4, 4], '0 1 2 3 4 5 6 7'],
    ['late by up to 20 ms', [0, 10, 20, 20, 5], '0 1 2 3 4'],
    ['drifted by more: a silent frame', [0, 10, 20, 21, 21, 21], '0 1 2 - 3 4 5'],
    ['drifted to the other side: a frame left out', [0, -10, -20, -21, -21, -21], '0 1 2 4 5'],
    ['frames missing', [0, 0, 96, 96], '0 1 - - - 2 3'],
    ['frames that come twice', [0, 0, -32, -32, -32], '0 1 3 4'],
  ])('%s', (_, offsets, expected) => {
    const track = new AacTrack(startMs);
    push(track, startMs + 320, offsets);
    expect(heard(track.take(track.reachesMs)).replace(/^(- )+/, '')).toBe(expected);
  });

  test('jitter on a grid that lies as badly as can be makes no clicks', () => {
    const track = new AacTrack(startMs);
    track.take(startMs + 32);
    const random = seededRandom(5);
    const count = 200;
    // 16 ms off the grid: some frames are nearer to this slot, some to the next.
    push(track, startMs + 64 + 16, Array.from({ length: count }, () => random() * 4 - 2));
    expect(heard(track.take(track.reachesMs)).replace(/^(- )+/, '')).toBe(Array.from({ length: count }, (_, index) => index).join(' '));
  });

  test('a clock that runs away costs one frame in a while', () => {
    for (const drift of [1.001, 0.999]) {
      const track = new AacTrack(startMs);
      push(track, startMs, Array.from({ length: 900 }, (_, index) => index * aacFrameMs * (drift - 1)));
      const run = track.take(track.reachesMs);
      const silent = run.samples.filter(({ data }) => data === silentAacFrame).length;
      expect(run.samples.length - silent - 900).toBe(drift > 1 ? 0 : -1);
      expect(silent).toBe(drift > 1 ? 1 : 0);
    }
  });
});

test('who does not take has the newest 30 s', () => {
  const track = new AacTrack(startMs);
  for (let index = 0; index < 5000; index++) {
    track.push(Uint8Array.of(1 + (index >> 8), index & 0xff), startMs + index * aacFrameMs);
  }
  const { samples } = track.take(track.reachesMs);
  const real = samples.filter(({ data }) => data !== silentAacFrame);
  expect(samples).toHaveLength(5000);
  expect(real).toHaveLength(937);
  expect(samples.slice(-937)).toEqual(real);
});

test('random frames: runs are continuous, nothing comes twice or out of order, and real frames are near their times', () => {
  const random = seededRandom(32);
  for (let round = 0; round < 80; round++) {
    const zeroMs = random() * 1e8;
    const track = new AacTrack(zeroMs);
    const times = new Map<Uint8Array, number>();
    const jitterMs = below(random, 12);
    const early = random() < 0.5;
    const loss = random() < 0.5 ? 0 : random() * 0.3;
    let timeMs = zeroMs + random() * 200 - 100;
    let untilMs = zeroMs;
    let firstSeen = false;
    let expectedTicks: number | undefined;
    let lastRealMs = -Infinity;
    let real = 0;
    for (let step = 0; step < 150; step++) {
      const data = new Uint8Array(1);
      const shownMs = timeMs + (random() - 0.5) * jitterMs;
      times.set(data, shownMs);
      if (random() >= loss) {
        track.push(data, shownMs);
      }
      timeMs += aacFrameMs * (random() < 0.02 ? 1 + 5 * random() : 1);
      if (random() < 0.1 && (step > 20 || !early)) {
        untilMs = Math.max(untilMs, timeMs - random() * 300);
        const run = track.take(untilMs);
        expect(run.baseDecodeTimeTicks).toBe(expectedTicks ?? run.baseDecodeTimeTicks);
        expect(run.baseDecodeTimeTicks).toBeGreaterThanOrEqual(0);
        expectedTicks = run.baseDecodeTimeTicks;
        for (const sample of run.samples) {
          expect(sample.durationTicks).toBe(1024);
          if (sample.data !== silentAacFrame) {
            const askedMs = times.get(sample.data) ?? NaN;
            const offMs = zeroMs + expectedTicks / 32 - askedMs;
            // Up to half a frame for the slot, 4 ms before another one is looked for.
            expect(Math.abs(offMs)).toBeLessThanOrEqual(20 + 1 / 32);
            expect(Math.abs(offMs) <= 1 / 32 || firstSeen || !early).toBe(true);
            expect(askedMs).toBeGreaterThan(lastRealMs);
            lastRealMs = askedMs;
            firstSeen = true;
            real += 1;
          }
          expectedTicks += sample.durationTicks;
        }
        expect(expectedTicks / 32).toBeGreaterThanOrEqual(untilMs - zeroMs - 1 / 32);
        expect(run.samples.length === 0 || expectedTicks / 32 < untilMs - zeroMs + aacFrameMs + 1 / 32).toBe(true);
      }
    }
    expect(real).toBeGreaterThan(0);
  }
});
