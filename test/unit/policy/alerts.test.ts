import { describe, expect, test } from '@jest/globals';
import { alertLimits, CameraAlerts, type AlertFacts } from '../../../src/policy/alerts.js';
import { below, seededRandom } from '../../support/seeded-random.js';

const gib = 2 ** 30;
const well: AlertFacts = { away: undefined, shortPastMs: undefined, droppedLastMinute: 0, limitedSinceMs: undefined, disk: { freeBytes: 100 * gib, totalBytes: 200 * gib } };
const everyMs = 5_000;
const alertAfterMs = 300_000;

/** The alerts of a camera whose time goes on with each look. */
class Watched {
  readonly #alerts = new CameraAlerts(alertAfterMs);
  nowMs = 0;

  look(facts: Partial<AlertFacts>): string[] {
    return this.#alerts.after({ ...well, ...facts }, this.nowMs).map(({ code, of, sinceMs, seen }) => [code, of, sinceMs / 1_000, seen].filter((part) => part !== '').join(', '));
  }

  /** The same for so long; what is wrong at the end. */
  hold(facts: Partial<AlertFacts>, forMs: number): string[] {
    let now = this.look(facts);
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; ) {
      this.nowMs += everyMs;
      now = this.look(facts);
    }
    return now;
  }
}

const away = { away: { sinceMs: 0, because: 'nobody answers' } } as const;

describe('what is wrong', () => {
  test.each<[string, Partial<AlertFacts>, 'at once' | 'after the time' | 'never', string[]]>([
    ['nothing', {}, 'never', []],
    ['the camera is away', away, 'after the time', ['camera-away, camera, 0, nobody answers']],
    ['the past is short', { shortPastMs: 7_400 }, 'at once', ['past-short, camera, 0, it reaches 7 s back']],
    ['pictures are left out', { droppedLastMinute: 60 }, 'after the time', ['pictures-dropped, camera, 0, 60 within a minute']],
    ['few of them', { droppedLastMinute: 59 }, 'never', []],
    ['the load has something give way', { limitedSinceMs: 0 }, 'after the time', ['machine-busy, machine, 0']],
    ['nearly nothing is free', { disk: { freeBytes: 199 * 2 ** 20, totalBytes: 10 * gib } }, 'at once', ['disk-full, machine, 0, 199 MiB are free']],
    ['a small disk with enough', { disk: { freeBytes: 200 * 2 ** 20, totalBytes: 10 * gib } }, 'never', []],
    ['less than one percent of a disk', { disk: { freeBytes: 0.99 * gib, totalBytes: 100 * gib } }, 'at once', ['disk-full, machine, 0, 1014 MiB are free']],
    ['one percent of it', { disk: { freeBytes: gib, totalBytes: 100 * gib } }, 'never', []],
    ['less than one percent of a large disk, which is plenty', { disk: { freeBytes: 2 * gib, totalBytes: 8_000 * gib } }, 'never', []],
    ['a system that does not tell of its disks', { disk: undefined }, 'never', []],
    ['all of it', { ...away, shortPastMs: 0, limitedSinceMs: 0 }, 'after the time', ['past-short, camera, 0, it reaches 0 s back', 'camera-away, camera, 0, nobody answers', 'machine-busy, machine, 0']],
  ])('%s', (_name, facts, begins, expected) => {
    const watched = new Watched();
    expect(watched.look(facts)).toHaveLength(begins === 'at once' || 'shortPastMs' in facts ? 1 : 0);
    watched.hold(facts, alertAfterMs - everyMs);
    expect(watched.look(facts)).toHaveLength(begins === 'at once' || 'shortPastMs' in facts ? 1 : 0);
    expect(watched.hold(facts, everyMs).toSorted()).toEqual(expected.toSorted());
  });
});

test('an alert ends when all has been well for half a minute', () => {
  const watched = new Watched();
  watched.hold(away, alertAfterMs);
  watched.nowMs += everyMs;
  expect(watched.hold({}, 25_000)).toHaveLength(1);
  expect(watched.hold({}, 5_000)).toEqual([]);
});

test('a camera that comes and goes all the time is away, without an end', () => {
  const watched = new Watched();
  const alerts = Array.from({ length: 40 }, () => [...watched.hold({}, 20_000), ...watched.hold(away, 10_000)].length > 0);
  expect(alerts.indexOf(true)).toBe(10);
  expect(alerts.slice(10)).not.toContain(false);
});

test('a camera that was gone already when it was switched on is given its time', () => {
  const watched = new Watched();
  watched.hold({}, 3_600_000);
  expect(watched.hold(away, alertAfterMs - everyMs)).toEqual([]);
  expect(watched.hold(away, everyMs)).toEqual([expect.stringMatching(/^camera-away, camera, 36\d\d, /)]);
});

test('a disk at the limit does not come and go: there has to be more room', () => {
  const watched = new Watched();
  const free = (freeMib: number): Partial<AlertFacts> => ({ disk: { freeBytes: freeMib * 2 ** 20, totalBytes: 10 * gib } });
  expect(watched.hold(free(190), 60_000)).toHaveLength(1);
  expect(watched.hold(free(240), 600_000)).toEqual(['disk-full, machine, 0, 190 MiB are free']);
  expect(watched.hold(free(250), 60_000)).toEqual([]);
});

test('whatever comes and goes, a sensor changes at most once in half a minute, tells of what lasts, and is closed in the end', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const alerts = new CameraAlerts(60_000);
    const changes: number[] = [];
    let [nowMs, open, lasting] = [0, false, 0];
    let facts: Partial<AlertFacts> = {};
    const look = (): void => {
      nowMs += 1_000 + below(random, 9_000);
      const now = alerts.after({ ...well, ...facts }, nowMs).length > 0;
      if (now !== open) {
        changes.push(nowMs);
        open = now;
      }
    };
    for (let round = 0; round < 100; round++) {
      const wrong = below(random, 2) === 0;
      facts = {
        ...(wrong && { away: { sinceMs: nowMs - below(random, 100_000), because: '' } }),
        ...(below(random, 4) === 0 && { shortPastMs: 5_000 }),
        ...(below(random, 4) === 0 && { limitedSinceMs: nowMs }),
        ...(below(random, 4) === 0 && { disk: { freeBytes: below(random, 300 * 2 ** 20), totalBytes: gib } }),
      };
      for (const untilMs = nowMs + below(random, 150_000), sinceMs = nowMs; nowMs < untilMs; ) {
        look();
        // Until it counts, and until something may begin after what ended.
        if (wrong && nowMs - sinceMs > 60_000 + alertLimits.wellForMs + 20_000) {
          lasting += 1;
          expect({ seed, nowMs, open }).toEqual({ seed, nowMs, open: true });
        }
      }
    }
    facts = {};
    for (const untilMs = nowMs + alertLimits.wellForMs + 20_000; nowMs < untilMs; ) {
      look();
    }
    expect({ seed, open }).toEqual({ seed, open: false });
    expect(lasting).toBeGreaterThan(0);
    expect({ seed, least: Math.min(...changes.slice(1).map((atMs, index) => atMs - (changes[index] ?? 0))) >= alertLimits.wellForMs }).toEqual({ seed, least: true });
  }
});
