import { expect, test } from '@jest/globals';
import { failuresAfter, reconnect, reconnectDelayMs } from '../../../src/policy/backoff.js';

test.each([
  [1, false, 1_000],
  [2, false, 2_000],
  [3, false, 4_000],
  [6, false, 32_000],
  [7, false, 60_000],
  [1000, false, 60_000],
  [1, true, 1_000],
  [2, true, 2_000],
  [3, true, 3_000],
  [1000, true, 3_000],
])('failure %i, waited for %s: at most %i ms', (failures, waitedFor, longest) => {
  expect(reconnectDelayMs({ failures, waitedFor, chance: 0 })).toBe(longest);
  expect(reconnectDelayMs({ failures, waitedFor, chance: 1 })).toBe(longest * (1 - reconnect.jitter));
});

test('what is plugged in again need not be waited for long, whoever looks', () => {
  expect(reconnectDelayMs({ failures: 2, waitedFor: false, problem: 'device-missing', chance: 0 })).toBe(2_000);
  expect(reconnectDelayMs({ failures: 1000, waitedFor: false, problem: 'device-missing', chance: 0 })).toBe(5_000);
  expect(reconnectDelayMs({ failures: 1000, waitedFor: true, problem: 'device-missing', chance: 0 })).toBe(3_000);
  expect(reconnectDelayMs({ failures: 1000, waitedFor: false, problem: 'device-busy', chance: 0 })).toBe(60_000);
});

test('only a connection that was healthy for half a minute makes the next failure the first again', () => {
  expect(failuresAfter(5, 29_999)).toBe(6);
  expect(failuresAfter(5, 30_000)).toBe(1);
});
