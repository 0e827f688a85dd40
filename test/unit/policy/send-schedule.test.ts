import { expect, test } from '@jest/globals';
import { catchUp, SendSchedule } from '../../../src/policy/send-schedule.js';

const frameMs = 1000 / 30;

/** Plays a stream that began `behindMs` before now, a keyframe of 120 kB and then 14 kB a picture, and returns planned times. */
function play(schedule: SendSchedule, nowMs: number, behindMs: number, pictures: number) {
  return Array.from({ length: pictures }, (_, index) => {
    const timeMs = nowMs - behindMs + index * frameMs;
    return { timeMs, plannedMs: schedule.plan(timeMs, index % 60 === 0 ? 120_000 : 14_000) };
  });
}

test('a backlog of one GOP of 2 s goes out at four times the rate and is at the present within 1 s', () => {
  const plan = play(new SendSchedule(1000, 4_000), 1000, 1950, 200);
  expect(plan[0]?.plannedMs).toBe(1000);
  const present = plan.find(({ timeMs, plannedMs }) => plannedMs - timeMs < 1);
  expect(present?.plannedMs).toBeLessThan(2000);
  const backlogBytes = 120_000 + 58 * 14_000;
  expect((present?.plannedMs ?? 0) - 1000).toBeGreaterThanOrEqual((backlogBytes * 8) / (catchUp.timesStreamRate * 4_000));
});

test('a slow stream catches up at 8 Mbit/s all the same', () => {
  const schedule = new SendSchedule(0, 200);
  expect(schedule.plan(-1900, 10_000)).toBe(0);
  expect(schedule.plan(-1870, 10_000)).toBeCloseTo((10_000 * 8) / catchUp.leastKbps);
});

test('in the present each picture is due at its own time, also a large one and the one after it', () => {
  const schedule = new SendSchedule(0, 4_000);
  const plan = play(schedule, 0, 0, 130);
  expect(schedule.catchingUp).toBe(false);
  for (const { timeMs, plannedMs } of plan) {
    expect(plannedMs).toBe(timeMs);
  }
});

test('planned times rise strictly, whatever the stream\'s times do', () => {
  const schedule = new SendSchedule(0, 0);
  const times = [-5000, -4000, 10, 10, 5, -3, 40, 40, 41, 1e6, 3];
  const planned = times.map((timeMs) => schedule.plan(timeMs, 1000));
  for (let i = 1; i < planned.length; i++) {
    expect(planned[i]).toBeGreaterThanOrEqual((planned[i - 1] ?? 0) + 1 / 90 - 1e-9);
  }
});

test('after a restart it catches up again, and time does not go back', () => {
  const schedule = new SendSchedule(0, 4_000);
  play(schedule, 0, 0, 60);
  schedule.restart(1990);
  const again = schedule.plan(900, 50_000);
  expect(again).toBeGreaterThanOrEqual(1990);
  expect(schedule.catchingUp).toBe(true);
});
