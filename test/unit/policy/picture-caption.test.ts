import { expect, test } from '@jest/globals';
import { captionFor } from '../../../src/policy/picture-caption.js';

/** A Sunday, in local time. */
const now = new Date(2026, 2, 15, 10, 44, 30);

test.each<[string, Date, string | undefined]>([
  ['taken just now', new Date(2026, 2, 15, 10, 43, 30), undefined],
  ['in the future, as the clock was set back', new Date(2026, 2, 15, 11, 0), undefined],
  ['taken more than a minute ago', new Date(2026, 2, 15, 10, 43, 29), '10:43'],
  ['taken shortly after midnight', new Date(2026, 2, 15, 0, 5), '00:05'],
  ['taken last night', new Date(2026, 2, 14, 23, 59), 'Sat 23:59'],
  ['taken six days ago', new Date(2026, 2, 9, 7, 3), 'Mon 07:03'],
  ['taken a week ago, when it was the same day of the week', new Date(2026, 2, 8, 20, 0), '8 Mar'],
  ['taken last year', new Date(2025, 10, 30, 20, 0), '30 Nov'],
])('%s: %s says %s', (_name, taken, caption) => {
  expect(captionFor(taken, now)).toBe(caption);
});

test('midnight just passed: the day is said though it is only minutes', () => {
  expect(captionFor(new Date(2026, 2, 14, 23, 58), new Date(2026, 2, 15, 0, 2))).toBe('Sat 23:58');
});

test.each([
  ['forward', new Date(2026, 2, 29, 12, 0), new Date(2026, 2, 22, 23, 0), new Date(2026, 2, 23, 0, 30)],
  ['back', new Date(2026, 9, 25, 12, 0), new Date(2026, 9, 18, 23, 0), new Date(2026, 9, 19, 0, 30)],
])('a week is a week where the clocks went %s', (_name, present, weekAgo, sixDaysAgo) => {
  expect(captionFor(weekAgo, present)).toMatch(/^\d+ /);
  expect(captionFor(sixDaysAgo, present)).toBe('Mon 00:30');
});
