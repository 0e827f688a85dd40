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
