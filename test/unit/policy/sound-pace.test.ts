import { expect, test } from '@jest/globals';
import { SoundPace } from '../../../src/policy/sound-pace.js';

/** When packets of 20 ms are sent that come three at a time, `lateMs` after the sound of the last one. */
function sent(lateMs: (bunch: number) => number, bunches: number): number[] {
  const pace = new SoundPace();
  return Array.from({ length: bunches }, (_, bunch) => {
    const nowMs = bunch * 60 + 60 + lateMs(bunch);
    return [0, 20, 40].map((ms) => pace.dueMs(bunch * 60 + ms, nowMs));
  }).flat();
}

const steps = (times: readonly number[]): number[] => times.slice(1).map((ms, index) => ms - (times[index] ?? 0));

test('bunches go out evenly', () => {
  expect(steps(sent(() => 30, 100)).every((ms) => Math.abs(ms - 20) < 0.5)).toBe(true);
});

test('a late bunch makes all later by as much, and they come nearer again by 5 ms a second', () => {
  const times = sent((bunch) => (bunch === 10 ? 100 : 30), 400);
  const late = times.map((ms, index) => ms - index * 20);
  expect(late[29]).toBeCloseTo(90, 0);
  expect(late[30]).toBeCloseTo(160, 0);
  expect(Math.max(...steps(times))).toBeCloseTo(90, 0);
  expect(late[31 + 50]).toBeCloseTo(155, 0); // A second later.
  expect(late.at(-1)).toBeCloseTo(90, 0);
  expect(steps(times.slice(31)).every((ms) => Math.abs(ms - 20) < 1)).toBe(true);
});

test('nothing is sent in the past, and what is far too late does not hold up the rest', () => {
  const times = sent((bunch) => (bunch === 10 ? 2_000 : 30), 100);
  const came = Array.from({ length: 300 }, (_, index) => Math.floor(index / 3) * 60 + 60 + (Math.floor(index / 3) === 10 ? 2_000 : 30));
  expect(times.every((ms, index) => ms >= (came[index] ?? 0))).toBe(true);
  expect(Math.max(...times.slice(33).map((ms, index) => ms - (index + 33) * 20))).toBeLessThanOrEqual(400);
});
