import { expect, test } from '@jest/globals';
import type { DiskSpace } from '../../../src/policy/alerts.js';
import { ProblemLog } from '../../../src/problem-log.js';
import { AlertWatch, type AlertedCamera, type ReportedAlert } from '../../../src/resources/alert-watch.js';
import { FakeTimers } from '../../support/fake-timers.js';

const alertAfterMs = 300_000;
const gib = 2 ** 30;

/** Two cameras that are watched, and whose facts tests set; times are faked. */
class WatchedHouse implements Disposable {
  readonly lines: string[] = [];
  limitedSinceMs: number | undefined;
  disk: DiskSpace | undefined;
  asked = 0;
  nowMs = 0;
  readonly #timers = new FakeTimers();
  readonly #log = { info: this.#write('info'), warn: this.#write('warn'), error: this.#write('error'), debug: this.#write('debug') };
  readonly gate = this.#camera('Gate');
  readonly yard = this.#camera('Yard');
  readonly #watch = new AlertWatch({
    cameras: [this.gate, this.yard],
    alertAfterMs,
    limitedSinceMs: () => this.limitedSinceMs,
    disk: () => {
      this.asked += 1;
      return Promise.resolve(this.disk);
    },
    log: this.#log,
    timers: this.#timers,
    now: () => this.nowMs,
  });

  async pass(ms: number): Promise<void> {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; ) {
      this.nowMs += 1_000;
      this.#timers.advance(1_000);
      await Promise.resolve();
    }
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #write(level: string): (line: string) => void {
    return (line) => void this.lines.push(`${level}: ${line}`);
  }

  #camera(name: string) {
    const facts: { away: ReturnType<AlertedCamera['alertFacts']>['away']; shortPastMs: number | undefined; droppedPictures: number } = { away: undefined, shortPastMs: undefined, droppedPictures: 0 };
    const told: (readonly ReportedAlert[])[] = [];
    return {
      problems: new ProblemLog(name, this.#log, () => this.nowMs),
      facts,
      told,
      alertFacts: () => facts,
      set alerts(alerts: readonly ReportedAlert[]) {
        told.push(alerts);
      },
    };
  }
}

const codes = ({ told }: { readonly told: readonly (readonly ReportedAlert[])[] }) => told.map((alerts) => alerts.map(({ code }) => code));

test('a camera that is away is told of after the time, once, with when it went; its return is left to who said that it is gone', async () => {
  using house = new WatchedHouse();
  const { gate, yard, lines } = house;
  gate.facts.away = { sinceMs: 0, because: 'the camera cannot be reached (refused)' };
  await house.pass(alertAfterMs - 10_000);
  expect(gate.told).toEqual([]);
  await house.pass(600_000);
  expect(codes(gate)).toEqual([['camera-away']]);
  const [alert] = gate.told[0] ?? [];
  expect(alert?.text).toBe('the camera, or one of its streams, stays away (the camera cannot be reached (refused))');
  // The clock on the wall has not moved, but for the moments of this test.
  expect(Math.abs(Date.parse(alert?.since ?? '') - (Date.now() - alertAfterMs))).toBeLessThan(10_000);
  expect(lines).toEqual([expect.stringMatching(/^warn: Gate: the camera, or one of its streams, stays away \(for 5 min: the camera cannot be reached \(refused\)\)\. .* \[camera-away\]$/)]);

  gate.facts.away = undefined;
  await house.pass(20_000);
  expect(codes(gate)).toHaveLength(1);
  await house.pass(20_000);
  expect(codes(gate)).toEqual([['camera-away'], []]);
  expect(lines).toHaveLength(1);
  expect(yard.told).toEqual([]);
});

test('what is wrong with the machine is told of by each camera, and in the log once, with its end', async () => {
  using house = new WatchedHouse();
  await house.pass(60_000);
  house.limitedSinceMs = 60_000;
  house.gate.facts.shortPastMs = 6_000;
  await house.pass(alertAfterMs + 10_000);
  house.limitedSinceMs = undefined;
  house.gate.facts.shortPastMs = undefined;
  await house.pass(60_000);
  expect(codes(house.yard)).toEqual([['machine-busy'], []]);
  expect(codes(house.gate)).toEqual([['past-short'], ['past-short', 'machine-busy'], []]);
  const [first, second] = house.gate.told;
  expect(second?.[0]).toBe(first?.[0]); // With the same time.
  expect(house.lines).toEqual([
    expect.stringMatching(/^warn: Gate: the memory .* \(it reaches 6 s back\)\. .* \[past-short\]$/),
    expect.stringMatching(/^warn: Camera Hub: the machine stays too busy, .* \(for 5 min\)\. .* \[machine-busy\]$/),
    'info: Gate: all of the past fits into memory again after 6 min.',
    'info: Camera Hub: the machine has time again after 6 min.',
  ]);
});

test('the disk is asked once a minute, pictures that are left out count when it goes on for long', async () => {
  using house = new WatchedHouse();
  house.disk = { freeBytes: 10, totalBytes: gib };
  house.yard.facts.droppedPictures = 5_000; // Long ago.
  await house.pass(10_000);
  expect(house.asked).toBe(1);
  await house.pass(60_000);
  expect(codes(house.gate)).toEqual([['disk-full']]);
  house.disk = { freeBytes: gib, totalBytes: gib };
  await house.pass(120_000);
  expect(house.asked).toBe(4);
  expect(codes(house.yard)).toEqual([['disk-full'], []]);
  house.yard.facts.droppedPictures += 1_000;
  await house.pass(alertAfterMs * 2);
  expect(codes(house.yard)).toHaveLength(2);
  // Half a minute until it is too many.
  for (let passedMs = 0; passedMs <= alertAfterMs + 40_000; passedMs += 5_000) {
    house.yard.facts.droppedPictures += 10;
    await house.pass(5_000);
  }
  expect(codes(house.yard)).toEqual([['disk-full'], [], ['pictures-dropped']]);
  expect(codes(house.gate)).toEqual([['disk-full'], []]);
});

test('nobody is told after the end', async () => {
  const house = new WatchedHouse();
  house[Symbol.dispose]();
  house.gate.facts.shortPastMs = 0;
  await house.pass(60_000);
  expect(house.gate.told).toEqual([]);
});
