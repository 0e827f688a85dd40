import { expect, test } from '@jest/globals';
import { CostCount } from '../../../src/motion/motion-cost.js';

test('percent and average are those of the last ten seconds, the sums those of all time', () => {
  let now = 0;
  const count = new CostCount(() => now);
  for (let picture = 0; picture < 100; picture++) {
    now += 200;
    count.add(picture < 50 ? 10 : 2);
  }
  count.drop();
  expect(count.value).toEqual({ pictures: 100, dropped: 1, cpuMs: 600, cpuPercent: 1, averageMs: 2 });
  now += 60_000;
  expect(count.value).toEqual({ pictures: 100, dropped: 1, cpuMs: 600, cpuPercent: 0, averageMs: 0 });
});

test('a camera that has just begun is not made cheaper by the time before', () => {
  let now = 0;
  const count = new CostCount(() => now);
  now = 1_000;
  count.add(20);
  expect(count.value.cpuPercent).toBe(2);
});
