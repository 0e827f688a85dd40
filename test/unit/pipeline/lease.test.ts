import { describe, expect, test } from '@jest/globals';
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

test('an unbroken connection is needed for as long as a lease says so, and a lease that is left is told of the change', () => {
  const changes: string[] = [];
  const leases = new LeaseBook(300, { onTaken: () => undefined, onIdle: () => undefined, onChanged: () => changes.push('changed') }, new FakeTimers());
  using _view = leases.take({ holder: 'live view' });
  const recording = leases.take({ holder: 'recording', unbroken: true });
  expect(leases.unbroken).toBe(true);
  recording[Symbol.dispose]();
  expect(leases.unbroken).toBe(false);
  expect(changes).toEqual(['changed']);
});

describe('a lease that is owed less time', () => {
  const glance = { holder: 'snapshot', passing: true, lingerMs: 10 };

  test('leaves it running for that long only', () => {
    const { timers, events, leases } = book();
    leases.take(glance)[Symbol.dispose]();
    timers.advance(9);
    expect(events).not.toContain('idle');
    timers.advance(1);
    expect(events).toContain('idle');
  });

  test.each([
    ['after', 5, 295],
    ['long after', 295, 10],
  ])('takes nothing from a live view: %s it', (_name, laterMs, restMs) => {
    const { timers, events, leases } = book();
    leases.take({ holder: 'live view' })[Symbol.dispose]();
    timers.advance(laterMs);
    leases.take(glance)[Symbol.dispose]();
    timers.advance(restMs - 1);
    expect(events).not.toContain('idle');
    timers.advance(1);
    expect(events).toContain('idle');
  });

  test('takes nothing from a live view that ended while it was held', () => {
    const { timers, events, leases } = book();
    const view = leases.take({ holder: 'live view' });
    const snapshot = leases.take(glance);
    view[Symbol.dispose]();
    timers.advance(50);
    snapshot[Symbol.dispose]();
    timers.advance(249);
    expect(events).not.toContain('idle');
    timers.advance(1);
    expect(events).toContain('idle');
  });

  test('held longer than what others are owed, its own time counts', () => {
    const { timers, events, leases } = book();
    leases.take({ holder: 'live view' })[Symbol.dispose]();
    const snapshot = leases.take(glance);
    timers.advance(400);
    snapshot[Symbol.dispose]();
    timers.advance(9);
    expect(events).not.toContain('idle');
    timers.advance(1);
    expect(events).toContain('idle');
  });

  test('finds nothing owed any more after it was idle at once', () => {
    const { timers, events, leases } = book();
    leases.atOnce = true;
    leases.take({ holder: 'live view' })[Symbol.dispose]();
    leases.atOnce = false;
    leases.take(glance)[Symbol.dispose]();
    timers.advance(10);
    expect(events.filter((event) => event === 'idle')).toHaveLength(2);
  });

  test('in passing: is no use', () => {
    const { leases } = book();
    leases.take(glance);
    expect(leases.uses).toBe(0);
    leases.take({ holder: 'live view' });
    leases.take({ holder: 'event' });
    expect(leases.uses).toBe(2);
  });
});
