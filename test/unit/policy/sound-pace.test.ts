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
const lateness = (times: readonly number[]): number[] => times.map((ms, index) => ms - index * 20);
/** Of packets: half a second. */
const runIn = 30;

test('bunches go out evenly', () => {
  expect(steps(sent(() => 30, 100).slice(runIn)).every((ms) => Math.abs(ms - 20) <= 3)).toBe(true);
});

test('a late bunch makes all later by as much, and they come nearer again by 50 ms a second', () => {
  const late = lateness(sent((bunch) => (bunch === 20 ? 100 : 30), 400));
  expect(late[59]).toBeCloseTo(90, -1);
  expect(late[60]).toBeCloseTo(160, -1);
  expect(Math.abs((late[60 + 50] ?? 0) - 110)).toBeLessThan(8); // A second later.
  expect(late.at(-1)).toBeCloseTo(90, -1);
});

test('what an encoder is late at its start is no measure for what follows', () => {
  const late = lateness(sent((bunch) => Math.max(30, 350 - bunch * 60), 100));
  expect(Math.max(...late.slice(runIn))).toBeLessThan(100);
});

test('nothing is sent in the past, and what is far too late does not hold up the rest', () => {
  const times = sent((bunch) => (bunch === 20 ? 2_000 : 30), 100);
  const came = Array.from({ length: 300 }, (_, index) => Math.floor(index / 3) * 60 + 60 + (Math.floor(index / 3) === 20 ? 2_000 : 30));
  expect(times.every((ms, index) => ms >= (came[index] ?? 0))).toBe(true);
  expect(Math.max(...lateness(times).slice(63))).toBeLessThanOrEqual(1_200);
});
