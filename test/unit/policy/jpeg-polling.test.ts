import { expect, test } from '@jest/globals';
import { nextFetchMs } from '../../../src/policy/jpeg-polling.js';

test.each([
  ['in step', { lastDueMs: 1_000, nowMs: 1_050, rate: 2 }, 1_500],
  ['in step though late', { lastDueMs: 1_000, nowMs: 1_900, rate: 2 }, 1_500],
  ['at once, and in a new step, where pictures were missed', { lastDueMs: 1_000, nowMs: 2_100, rate: 2 }, 2_100],
  ['rarely', { lastDueMs: 1_000, nowMs: 1_100, rate: 0.1 }, 11_000],
])('%s', (_name, question, due) => {
  expect(nextFetchMs(question)).toBe(due);
});
