import { describe, expect, test } from '@jest/globals';
import { CrawlWatch, RateWatch, StreamClock } from '../../../src/pipeline/stream-clock.js';
import { seededRandom } from '../../support/seeded-random.js';

const frameMs = 1000 / 30;

/** Plays a camera whose quartz runs at `rate`, with network delay of up to `jitterMs`, and returns how far off the clock is. */
function errors(clock: StreamClock, seconds: number, rate: number, jitterMs: number): number[] {
  const random = seededRandom(3);
  return Array.from({ length: seconds * 30 }, (_, index) => {
    const sentMs = 5_000 + index * frameMs;
    const streamMs = (index * frameMs) * rate;
    clock.observe(streamMs, sentMs + 2 + random() * jitterMs);
    return clock.toProcessMs(streamMs) - sentMs;
  });
}

test('follows a camera with a drifting quartz for hours, within the jitter of its network', () => {
  for (const rate of [1.0001, 0.9999, 1]) {
    const late = errors(new StreamClock(), 4 * 3600, rate, 30).slice(300);
    expect(late.reduce((most, ms) => Math.max(most, Math.abs(ms)), 0)).toBeLessThan(40);
  }
});

test('intervals stay those of the camera, whatever the jitter of their arrival', () => {
  const off = errors(new StreamClock(), 60, 1, 80).slice(300);
  for (let i = 1; i < off.length; i++) {
    expect(Math.abs((off[i] ?? 0) - (off[i - 1] ?? 0))).toBeLessThan(12);
  }
});

test('a burst from the past at the beginning does not put the clock behind', () => {
  const clock = new StreamClock();
  for (let index = 0; index < 45; index++) {
    clock.observe(index * frameMs, 1000 + index * 0.5);
  }
  expect(clock.toProcessMs(44 * frameMs)).toBeCloseTo(1022);
  expect(clock.toProcessMs(0)).toBeCloseTo(1022 - 44 * frameMs);
});

test('a network that stalls and then delivers all at once does not squeeze what was filmed meanwhile', () => {
  const clock = new StreamClock();
  for (let index = 0; index < 100; index++) {
    clock.observe(index * frameMs, 1000 + index * frameMs);
  }
  for (let index = 100; index < 145; index++) {
    clock.observe(index * frameMs, 1000 + 145 * frameMs + index * 0.1);
    expect(clock.toProcessMs(index * frameMs)).toBeCloseTo(1000 + index * frameMs, 0);
  }
});

test('a camera that paused without counting on is late only for a while', () => {
  const clock = new StreamClock();
  for (let index = 0; index < 1000; index++) {
    clock.observe(index * frameMs, 1000 + index * frameMs + (index > 100 ? 5_000 : 0));
  }
  expect(clock.toProcessMs(999 * frameMs)).toBeCloseTo(6000 + 999 * frameMs, 0);
});

test('a jump of the camera\'s clock is followed at once', () => {
  const clock = new StreamClock();
  clock.observe(0, 1000);
  clock.observe(200, 1200);
  clock.observe(3_600_000, 1233);
  expect(clock.toProcessMs(3_600_000)).toBeCloseTo(1233);
  clock.observe(100, 1266);
  expect(clock.toProcessMs(100)).toBeCloseTo(1266);
});

test('a picture that FFmpeg writes early at the end of its input keeps its distance from the one before', () => {
  const clock = new StreamClock();
  for (let index = 0; index < 300; index++) {
    clock.observe(index * frameMs, 1_000 + (index + 1) * frameMs); // One picture is held back...
  }
  const before = clock.toProcessMs(299 * frameMs);
  clock.observe(300 * frameMs, 1_000 + 300 * frameMs + 1); // ...and comes with the one before.
  const step = clock.toProcessMs(300 * frameMs) - before;
  expect(step).toBeGreaterThan(frameMs * 0.85);
  expect(step).toBeLessThanOrEqual(frameMs);
});

test('pictures that all came late at first are where they belong after some seconds', () => {
  const clock = new StreamClock();
  let off = 0;
  for (let index = 0; index < 150; index++) {
    clock.observe(index * frameMs, 1_000 + index * frameMs + (index < 10 ? 300 : 0));
    off = clock.toProcessMs(index * frameMs) - (1_000 + index * frameMs);
  }
  expect(Math.abs(off)).toBeLessThan(12);
});

describe('a clock that was set back', () => {
  /** Plays pictures with these stream times and arrivals; tells whether time was ever seen to crawl. */
  function crawls(pictures: readonly { readonly streamMs: number; readonly arrivalMs: number }[]): boolean {
    const watch = new CrawlWatch();
    return pictures.some(({ streamMs, arrivalMs }) => {
      watch.observe(streamMs, arrivalMs);
      return watch.crawls;
    });
  }
  const steady = (count: number, fps: number, from = 0) => Array.from({ length: count }, (_, index) => ({ streamMs: from + (index * 1000) / fps, arrivalMs: from + (index * 1000) / fps }));
  const last = (pictures: readonly { readonly arrivalMs: number }[]) => pictures.at(-1)?.arrivalMs ?? 0;

  test.each([30, 15, 5, 2, 1])('is seen within a few seconds, and not while all is well, at %i fps', (fps) => {
    const well = steady(fps * 60, fps);
    expect(crawls(well)).toBe(false);
    const back = Array.from({ length: fps * 20 }, (_, index) => ({ streamMs: last(well) + index / 90, arrivalMs: last(well) + ((index + 1) * 1000) / fps }));
    expect(crawls([...well, ...back])).toBe(true);
  });

  test('is not what a pause, a burst or bundled reading looks like', () => {
    const before = steady(300, 30);
    const paused = steady(300, 30).map(({ streamMs, arrivalMs }) => ({ streamMs: streamMs + 10_000, arrivalMs: arrivalMs + 25_000 }));
    expect(crawls([...before, ...paused])).toBe(false);
    const late = steady(300, 30).map(({ streamMs }) => ({ streamMs: streamMs + 10_000, arrivalMs: Math.max(15_000, streamMs + 10_000) }));
    expect(crawls([...before, ...late])).toBe(false);
    const thin = steady(900, 30).map(({ streamMs }) => ({ streamMs, arrivalMs: streamMs * 8 })).filter(({ arrivalMs }) => arrivalMs < 20_000);
    expect(crawls(thin)).toBe(false);
    const bundled = steady(900, 30).map(({ streamMs }) => ({ streamMs, arrivalMs: Math.ceil(streamMs / 150) * 150 }));
    expect(crawls(bundled)).toBe(false);
  });

  test('is seen too where it goes back a little every second, and time stands still until it has caught up', () => {
    const sawtooth = Array.from({ length: 300 }, (_, index) => {
      const [second, picture] = [Math.floor(index / 30), index % 30];
      // Half a second of each is one tick a picture: FFmpeg lets no time fall.
      return { streamMs: second * 500 + (picture < 15 ? picture / 90 : (picture - 15) * (1000 / 30)), arrivalMs: (index * 1000) / 30 };
    });
    expect(crawls(sawtooth)).toBe(true);
  });
});

/** What a link does with pictures of 1 s a second: `carries` times their rate, from 10 s on for `seconds`; else twice. The camera leaves out what would wait longer than 5 s. */
function thinLink(carries: number, seconds: number): (passedMs: number) => number | undefined {
  let freeMs = 0;
  let lastMs = 0;
  return (passedMs) => {
    const stepMs = passedMs - lastMs;
    lastMs = passedMs;
    if (freeMs - passedMs > 5_000) {
      return undefined;
    }
    freeMs = Math.max(freeMs, passedMs) + stepMs / (passedMs > 10_000 && passedMs < 10_000 + seconds * 1_000 ? carries : 2);
    return freeMs;
  };
}

describe('a clock that runs at a wrong rate', () => {
  interface Playing {
    readonly fps?: number;
    /** Undefined where the picture is lost. */
    readonly arrives?: (passedMs: number) => number | undefined;
  }

  /** When it is seen in five minutes; `at` gives a picture's stream time of the time that has passed, `arrives` its arrival. */
  function seenAfterMs(at: (passedMs: number) => number, { fps = 15, arrives = asItPasses }: Playing = {}): number | undefined {
    const watch = new RateWatch();
    return Array.from({ length: fps * 300 }, (_, index) => (index * 1000) / fps).find((passedMs) => {
      const arrivalMs = arrives(passedMs);
      if (arrivalMs !== undefined) {
        watch.observe(at(passedMs), arrivalMs);
      }
      return watch.isWrong;
    });
  }
  const asItPasses = (ms: number): number => ms;

  test.each([
    ['0.6 of the right one', 18_000, (ms: number) => ms * 0.6],
    ['1.67 of the right one', 18_000, (ms: number) => ms / 0.6],
    ['0.75 of the right one', 25_000, (ms: number) => ms * 0.75],
    ['6 % too fast', 180_000, (ms: number) => ms * 1.06],
    ['6 % too slow', 180_000, (ms: number) => ms * 0.94],
    ['0.6 of the right one after some minutes, as at night', 140_000, (ms: number) => ms - Math.max(0, ms - 120_000) * 0.4],
  ])('is seen: %s', (_name, withinMs, at) => {
    expect(seenAfterMs(at)).toBeLessThan(withinMs);
    expect(seenAfterMs(at, { fps: 2 })).toBeLessThan(withinMs);
  });

  const random = seededRandom(7);
  const swinging = (mostMs: number, periodMs: number) => (ms: number) => ms + (mostMs * (1 - Math.cos((ms / periodMs) * 2 * Math.PI))) / 2;

  test.each<[string, (ms: number) => number, (ms: number) => number | undefined]>([
    ['a bad quartz', (ms) => ms * 1.001, asItPasses],
    ['a jump', (ms) => (ms > 20_000 ? ms + 3_600_000 : ms), asItPasses],
    ['a pause', asItPasses, (ms) => (ms > 20_000 ? ms + 8_000 : ms)],
    ['a stall of 8 s that is made up for slowly', asItPasses, (ms) => (ms > 20_000 ? ms + Math.max(0, 8_000 - (ms - 20_000) * 0.1) : ms)],
    ['a network that falls behind for a while and catches up', asItPasses, (ms) => ms + Math.max(0, 3_000 - Math.abs(ms - 30_000)) / 2],
    ['a link that carries 92 % for 14 s', asItPasses, thinLink(0.92, 14)],
    ['a link that carries 85 % for minutes', asItPasses, thinLink(0.85, 200)],
    ['a link that carries half for 20 s', asItPasses, thinLink(0.5, 20)],
    ['lateness that swings by 1 s in 40 s', asItPasses, swinging(1_000, 40_000)],
    ['lateness that swings by 5 s in 30 s', asItPasses, swinging(5_000, 30_000)],
    ['a backlog of 5 s that drains', asItPasses, (ms) => Math.max(ms, 5_000 + ms / 1.06)],
    ['jitter and spikes', asItPasses, (ms) => ms + random() * 400 + (random() < 0.02 ? 700 : 0)],
    ['bundled reading', asItPasses, (ms) => Math.ceil(ms / 150) * 150],
    ['a burst at the beginning', (ms) => ms + Math.max(0, 1_000 - ms) * 5, asItPasses],
  ])('is not what it looks like with %s', (_name, at, arrives) => {
    for (const fps of [15, 5, 2]) {
      expect(seenAfterMs(at, { fps, arrives })).toBeUndefined();
    }
  });
});
