import { expect, test } from '@jest/globals';
import { DropWatch } from '../../../src/policy/drop-watch.js';

test('counts what was left out within the last minute, not what was before', () => {
  const watch = new DropWatch();
  const seen: [atS: number, total: number, expected: number][] = [
    [0, 500, 0], // Before anybody looked.
    [5, 510, 10],
    [30, 530, 30],
    [64, 530, 30],
    [65, 530, 20],
    [90, 530, 0],
    [95, 20, 0], // A decoder is gone, and its count with it.
    [100, 25, 5],
  ];
  expect(seen.map(([atS, total]) => watch.lastMinute(total, atS * 1_000))).toEqual(seen.map(([, , expected]) => expected));
});
