import { describe, expect, test } from '@jest/globals';
import { MemoryLimit, memoryRules, type HeldRing } from '../../../src/policy/memory-limit.js';
import { below, seededRandom } from '../../support/seeded-random.js';

const mib = 2 ** 20;
const everyMs = 2_000;
const limitMiB = 100;

/** Sizes in MiB. */
function ring(id: string, size: number, gop: number, recorded = false): HeldRing {
  return { id, bytes: size * mib, newestGopBytes: gop * mib, recorded };
}

/** Rings that are as long as they may be, beside what FFmpegs take, in MiB. */
class House {
  readonly limit = new MemoryLimit(limitMiB);
  readonly #rings: readonly HeldRing[];
  #shortened: ReadonlySet<string> = new Set();
  #nowMs = 0;

  constructor(rings: readonly HeldRing[]) {
    this.#rings = rings;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** One look. @returns the rings that are short from now on. */
  look(ffmpegs: number): string[] {
    this.#nowMs += everyMs;
    this.#shortened = this.limit.after(this.sample(ffmpegs));
    return [...this.#shortened];
  }

  /** For so long; what is short at its end. */
  hold(ffmpegs: number, seconds: number): string[] {
    let short: string[] = [];
    for (const untilMs = this.#nowMs + seconds * 1000; this.#nowMs < untilMs; ) {
      short = this.look(ffmpegs);
    }
    return short;
  }

  sample(ffmpegs: number) {
    const rings = this.#rings.map((each) => (this.#shortened.has(each.id) ? { ...each, bytes: each.newestGopBytes } : each));
    return { atMs: this.#nowMs, usedBytes: ffmpegs * mib + rings.reduce((sum, { bytes }) => sum + bytes, 0), rings };
  }
}

const rings = [ring('door', 20, 2, true), ring('yard', 10, 1), ring('porch', 30, 3), ring('shed', 12, 6, true)];

describe('where memory is short, no more rings lose their past than have to', () => {
  test.each<[number, string, string[]]>([
    [28, 'none where it fits', []],
    [29, 'first the largest of those that nobody records', ['porch']],
    [56, 'then the next of those', ['porch', 'yard']],
    [65, 'then those that are recorded', ['porch', 'yard', 'door']],
    [83, 'in the end all', ['porch', 'yard', 'door', 'shed']],
  ])('%d MiB of FFmpegs: %s', (ffmpegs, _what, expected) => {
    expect(new House(rings).hold(ffmpegs, 20)).toEqual(expected);
  });

  test('without a limit nothing ever does', () => {
    expect(new MemoryLimit(undefined).after({ atMs: 0, usedBytes: 1e15, rings })).toEqual(new Set());
  });
});

test('a ring that is gone is not counted any more', () => {
  const limit = new MemoryLimit(limitMiB);
  expect(limit.after({ atMs: 0, usedBytes: 120 * mib, rings })).toEqual(new Set(['porch']));
  expect(limit.after({ atMs: 2_000, usedBytes: 90 * mib, rings: rings.filter(({ id }) => id !== 'porch') })).toEqual(new Set());
});

describe('a past comes back', () => {
  test('when there has been room for it for half a minute, the recorded ones first, the smallest first, one at a time', () => {
    const house = new House(rings);
    house.hold(90, 10);
    const back: string[][] = [];
    for (let look = 0; look < 65; look++) {
      back.push(house.look(0));
    }
    const times = [3, 2, 1, 0].map((left) => (back.findIndex((short) => short.length === left) + 1) * everyMs);
    expect(back.map((short) => short.join()).filter((short, index, all) => short !== all[index - 1])).toEqual(['porch,yard,door,shed', 'porch,yard,door', 'porch,yard', 'porch', '']);
    expect(times.map((ms, index) => ms - (times[index - 1] ?? 0)).every((ms) => ms >= memoryRules.backAfterMs)).toBe(true);
  });

  test('not where it would be a tight fit', () => {
    const house = new House([ring('yard', 30, 2)]);
    expect(house.hold(71, 10)).toEqual(['yard']);
    expect(house.hold(61, 120)).toEqual(['yard']);
    expect(house.hold(59, 40)).toEqual([]);
  });

  test('not where there was no room for a moment in between', () => {
    const house = new House([ring('yard', 30, 2)]);
    house.hold(90, 10);
    for (let time = 0; time < 5; time++) {
      expect(house.hold(50, 28)).toEqual(['yard']);
      expect(house.look(75)).toEqual(['yard']);
    }
  });
});

describe('it is too much', () => {
  const exceeded = (usedMiB: number, held: readonly HeldRing[]): boolean => new MemoryLimit(limitMiB).isExceeded({ atMs: 0, usedBytes: usedMiB * mib, rings: held });

  test('only where no past could make room', () => {
    expect(exceeded(101, [])).toBe(true);
    expect(exceeded(100, [])).toBe(false);
    expect(exceeded(127, [ring('yard', 30, 3)])).toBe(false);
    expect(exceeded(128, [ring('yard', 30, 3)])).toBe(true);
  });

  test('also in the moment in which the next GOP of a shortened ring begins', () => {
    expect(exceeded(120, [ring('yard', 3.1, 0.1), ring('porch', 3, 3)])).toBe(true);
  });
});

test('whatever the load: no ring loses its past twice in half a minute, it fits where it can, and all are whole once there is room', () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seededRandom(seed);
    const held = Array.from({ length: 1 + below(random, 6) }, (_, index) => {
      const size = 2 + below(random, 28);
      return ring(`ring ${index}`, size, 1 + below(random, size), random() < 0.5);
    });
    const house = new House(held);
    const lostMs = new Map<string, number>();
    let before: readonly string[] = [];
    let ffmpegs = 0;
    for (let look = 0; look < 400; look++) {
      ffmpegs = random() < 0.1 ? below(random, 120) : ffmpegs;
      const short = house.look(ffmpegs);
      for (const id of short.filter((each) => !before.includes(each))) {
        expect(house.nowMs - (lostMs.get(id) ?? -Infinity)).toBeGreaterThanOrEqual(memoryRules.backAfterMs);
        lostMs.set(id, house.nowMs);
      }
      const sample = house.sample(ffmpegs);
      expect({ seed, look, fits: sample.usedBytes <= limitMiB * mib || house.limit.isExceeded(sample) }).toEqual({ seed, look, fits: true });
      before = short;
    }
    const most = held.reduce((sum, { bytes }) => sum + bytes, 0) / mib;
    expect(house.hold(Math.min(0, limitMiB - most), 40 * held.length)).toEqual(most <= limitMiB * (1 - memoryRules.spareShare) ? [] : expect.anything());
  }
});
