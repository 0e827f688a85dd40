import { expect, test } from '@jest/globals';
import { ClientLimit, clientOf } from '../../../src/triggers/http/client-limit.js';

function limited(options: { readonly most: number; readonly withinMs: number; readonly clients?: number }) {
  let nowMs = 1_000;
  const limit = new ClientLimit({ ...options, now: () => nowMs });
  return { limit, wait: (ms: number) => (nowMs += ms), taken: (client: string, times: number) => Array.from({ length: times }, () => limit.take(client)).filter(Boolean).length };
}

test('a client that has had its share waits for a whole period, and then has it again', () => {
  const { limit, wait, taken } = limited({ most: 3, withinMs: 10_000 });
  expect(taken('a', 2)).toBe(2);
  wait(9_000);
  expect(limit.waitMs('a')).toBe(0);
  expect(taken('a', 5)).toBe(1);
  expect(limit.waitMs('a')).toBe(10_000);
  wait(9_999);
  expect(taken('a', 5)).toBe(0);
  wait(1);
  expect(limit.waitMs('a')).toBe(0);
  expect(taken('a', 5)).toBe(3);
});

test('asking while refused does not make the wait longer', () => {
  const { limit, wait, taken } = limited({ most: 1, withinMs: 1_000 });
  taken('a', 1);
  for (let times = 0; times < 10; times++) {
    taken('a', 1);
    wait(99);
  }
  expect(limit.waitMs('a')).toBe(10);
});

test('a client that stays below its share is never refused', () => {
  const { wait, taken } = limited({ most: 3, withinMs: 1_000 });
  for (let period = 0; period < 100; period++) {
    expect(taken('a', 2)).toBe(2);
    wait(1_000);
  }
});

test('one client does not use up the share of another', () => {
  const { taken } = limited({ most: 2, withinMs: 1_000 });
  expect(taken('a', 9)).toBe(2);
  expect(taken('b', 9)).toBe(2);
});

test('a flood of addresses neither fills the memory nor gets around the limit', () => {
  const { limit, wait, taken } = limited({ most: 2, withinMs: 1_000, clients: 16 });
  expect(taken('camera', 1)).toBe(1);
  const flood = (count: number) => Array.from({ length: count }, (_, index) => taken(`2001:db8::${index}`, 2)).reduce((sum, each) => sum + each, 0);
  expect(flood(10_000)).toBe(15 * 2 + 2);
  expect(limit.size).toBeLessThanOrEqual(17);
  expect(limit.waitMs('2001:db8::ffff')).toBe(1_000);
  expect(taken('camera', 1)).toBe(1);
  wait(1_000);
  expect(taken('newcomer', 2)).toBe(2);
  expect(limit.size).toBeLessThanOrEqual(17);
});

test.each([
  ['::ffff:192.168.1.9', '192.168.1.9'],
  ['192.168.1.9', '192.168.1.9'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  [undefined, 'unknown'],
])('a client at %s is counted and told as %s', (remoteAddress, client) => {
  expect(clientOf({ socket: { remoteAddress } })).toBe(client);
});
