import { expect, test } from '@jest/globals';
import { LeaseBook } from '../../../src/pipeline/lease.js';
import { FakeTimers } from '../../support/fake-timers.js';

function book() {
  const timers = new FakeTimers();
  const events: string[] = [];
  const leases = new LeaseBook(300, { onTaken: () => events.push('taken'), onIdle: () => events.push('idle') }, timers);
  return { timers, events, leases };
}

test('runs on for the idle time after the last lease, then stops', () => {
  const { timers, events, leases } = book();
  const first = leases.take({ holder: 'live view' });
  const second = leases.take({ holder: 'snapshot' });
  first[Symbol.dispose]();
  timers.advance(1000);
  expect(events).toEqual(['taken', 'taken']);
  second[Symbol.dispose]();
  timers.advance(299);
  expect(events).toHaveLength(2);
  timers.advance(1);
  expect(events).toEqual(['taken', 'taken', 'idle']);
});

test('a lease within the idle time keeps it running', () => {
  const { timers, events, leases } = book();
  leases.take({ holder: 'a' })[Symbol.dispose]();
  timers.advance(299);
  leases.take({ holder: 'b' });
  timers.advance(10_000);
  expect(events).not.toContain('idle');
});

test('giving back twice counts once', () => {
  const { timers, events, leases } = book();
  const first = leases.take({ holder: 'a' });
  leases.take({ holder: 'a' });
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  timers.advance(10_000);
  expect(events).not.toContain('idle');
  expect(leases.holders).toEqual(['a']);
});

test('knows whether somebody looks at a waiting picture', () => {
  const { leases } = book();
  leases.take({ holder: 'keepWarm' });
  expect(leases.waitedFor).toBe(false);
  const view = leases.take({ holder: 'live view', waitedFor: true });
  expect(leases.waitedFor).toBe(true);
  view[Symbol.dispose]();
  expect(leases.waitedFor).toBe(false);
});

test('at once: idle with the last lease given back, also where the idle time runs already', () => {
  const { timers, events, leases } = book();
  leases.take({ holder: 'a' })[Symbol.dispose]();
  leases.atOnce = true;
  expect(events).toEqual(['taken', 'idle']);
  const late = leases.take({ holder: 'recording' });
  late[Symbol.dispose]();
  expect(events).toEqual(['taken', 'idle', 'taken', 'idle']);
  leases.atOnce = false;
  leases.take({ holder: 'b' })[Symbol.dispose]();
  expect(events).toHaveLength(5);
  timers.advance(300);
  expect(events).toHaveLength(6);
});

test('closed: a lease that comes back late starts no timer that would keep the process alive', () => {
  const { timers, events, leases } = book();
  const late = leases.take({ holder: 'recording' });
  leases.close();
  late[Symbol.dispose]();
  timers.advance(10_000);
  expect(events).toEqual(['taken']);
});

test('sound and an unbroken connection are needed for as long as a lease says so, and a lease that is left is told of the change', () => {
  const changes: string[] = [];
  const leases = new LeaseBook(300, { onTaken: () => undefined, onIdle: () => undefined, onChanged: () => changes.push('changed') }, new FakeTimers());
  using _view = leases.take({ holder: 'live view' });
  const recording = leases.take({ holder: 'recording', sound: true, unbroken: true });
  expect([leases.sound, leases.unbroken]).toEqual([true, true]);
  recording[Symbol.dispose]();
  expect([leases.sound, leases.unbroken]).toEqual([false, false]);
  expect(changes).toEqual(['changed']);
});
