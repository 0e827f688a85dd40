import { expect, test } from '@jest/globals';
import { chooseLinger, shortLingerMs, type WakeQuestion } from '../../../src/policy/wake-linger.js';

const dashboard: WakeQuestion = { usesSinceWake: 0, quietForMs: 10_000, idleTimeoutMs: 300_000 };

test.each<[string, Partial<WakeQuestion>, number]>([
  ['woken for the first time, for who is about to look', { usesSinceWake: undefined, quietForMs: Infinity }, 300_000],
  ['not for a dashboard that asks again and again', {}, 10_000],
  ['after a use in between', { usesSinceWake: 1 }, 300_000],
  ['after an hour without a question', { quietForMs: 3_600_000 }, 300_000],
  ['not for who asks every few minutes', { quietForMs: 3_599_000 }, 10_000],
  ['a tenth of a short idle timeout', { idleTimeoutMs: 20_000 }, 2_000],
])('a woken camera stays connected: %s', (_name, change, lingerMs) => {
  expect(chooseLinger({ ...dashboard, ...change })).toMatchObject({ lingerMs, because: expect.any(String) });
});

test.each([10, 60, 300, 3_600, 86_400])('an idle timeout of %i s: between wakes the camera sleeps nine tenths of the time at least', (seconds) => {
  expect(shortLingerMs(seconds * 1_000) / (seconds * 1_000)).toBeLessThanOrEqual(0.1);
});
