import { expect, test } from '@jest/globals';
import { RecentCount } from '../../src/recent-count.js';

const hourMs = 3_600_000;

function counted() {
  let nowMs = 12_345_678;
  const count = new RecentCount(hourMs, () => nowMs);
  return { count, wait: (ms: number) => (nowMs += ms) };
}

test('what happened within the hour is counted, what is older is not, and the total stays', () => {
  const { count, wait } = counted();
  expect(count).toMatchObject({ recent: 0, total: 0 });
  count.add();
  wait(hourMs / 2);
  count.add();
  count.add();
  expect(count).toMatchObject({ recent: 3, total: 3 });
  wait(hourMs / 2 + 60_000);
  expect(count).toMatchObject({ recent: 2, total: 3 });
  wait(hourMs);
  expect(count).toMatchObject({ recent: 0, total: 3 });
});

test('nothing that is less than fifty-nine minutes old is forgotten', () => {
  const { count, wait } = counted();
  for (let minute = 0; minute < 600; minute++) {
    count.add();
    wait(60_000);
    expect(count.recent).toBe(Math.min(minute + 1, 59));
  }
});
