import { expect, test } from '@jest/globals';
import { LossWatch } from '../../../src/policy/loss-watch.js';

/** When a report every half second first leads to something, in milliseconds; undefined: never. */
function firstAlarm(shares: readonly number[]): number | undefined {
  const watch = new LossWatch();
  const index = shares.findIndex((share, at) => watch.hear(share, at * 500));
  return index < 0 ? undefined : index * 500;
}

test.each<[string, number[], number | undefined]>([
  ['lasting loss', Array<number>(20).fill(0.1), 4_500],
  ['loss in every other report', Array.from({ length: 20 }, (_, at) => (at % 2) * 0.2), 4_500],
  ['a little loss', Array<number>(40).fill(0.04), undefined],
  ['one bad second', [0, 0, 0, 0, 0, 0.2, 0.2, ...Array<number>(20).fill(0)], undefined],
  ['no loss', Array<number>(40).fill(0), undefined],
])('%s', (_what, shares, alarmMs) => {
  expect(firstAlarm(shares)).toBe(alarmMs);
});

test.each([3_000, 4_000, 5_100])('reports every %i ms count too', (everyMs) => {
  const watch = new LossWatch();
  expect([0, 1, 2, 3].some((count) => watch.hear(0.5, count * everyMs))).toBe(true);
});

test('after each alarm it takes as long again', () => {
  const watch = new LossWatch();
  const alarms = Array.from({ length: 40 }, (_, at) => at * 500).filter((atMs) => watch.hear(0.3, atMs));
  expect(alarms).toEqual([4_500, 9_500, 14_500, 19_500]);
});
