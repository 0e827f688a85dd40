import { expect, test } from '@jest/globals';
import { FrameRateLimit } from '../../../src/policy/frame-rate-limit.js';

/** How many of ten seconds of pictures pass, a second. */
function passing(limit: number | undefined, fps: number, jitterMs = 0): number {
  const rate = new FrameRateLimit(limit);
  return Array.from({ length: fps * 10 }, (_, index) => (index * 1000) / fps + (index % 2) * jitterMs).filter((timeMs) => rate.passes(timeMs)).length / 10;
}

test.each([
  [undefined, 30, 0, 30],
  [30, 30, 0, 30],
  [30, 30, 3, 30],
  [24, 30, 0, 24],
  [15, 30, 0, 15],
  [5, 25, 0, 5],
  [30, 15, 0, 15],
  [10, 12, 0, 10],
])('a limit of %s lets of %i pictures (%i ms of jitter) %i pass', (limit, fps, jitterMs, expected) => {
  expect(passing(limit, fps, jitterMs)).toBeCloseTo(expected, 0);
});

test('after a gap no more than one picture is made up for', () => {
  const rate = new FrameRateLimit(5);
  expect([0, 200, 5_000, 5_033, 5_066, 5_200, 5_233].filter((timeMs) => rate.passes(timeMs))).toEqual([0, 200, 5_000, 5_033, 5_200]);
});
