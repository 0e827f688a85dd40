import { expect, test } from '@jest/globals';
import { afterStart, nextStart, nothingBegun, startSpacing, type BegunStarts } from '../../../src/policy/start-order.js';

const asked = (name: string) => ({ name, waitedFor: true });
const other = (name: string) => ({ name, waitedFor: false });
const { askedForMs, othersMs } = startSpacing;
/** The last one began at 1000, and nobody waited for it. */
const otherBefore: BegunStarts = { anyMs: 1000, otherMs: 1000 };
/** The last one began at 1000, and somebody waited for it. */
const askedBefore: BegunStarts = { anyMs: 1000, otherMs: -Infinity };

test.each([
  ['alone, none before it: at once', [other('a')], nothingBegun, 'a', -Infinity],
  ['alone and waited for, none before it: at once', [asked('a')], nothingBegun, 'a', -Infinity],
  ['nobody waits: first come, first served', [other('a'), other('b')], otherBefore, 'a', 1000 + othersMs],
  ['waited for: before all others', [other('a'), other('b'), asked('c')], otherBefore, 'c', 1000 + askedForMs],
  ['several waited for: in the order they came', [other('a'), asked('b'), asked('c')], otherBefore, 'b', 1000 + askedForMs],
  ['after one that was waited for, the others need no more than that either', [other('a')], askedBefore, 'a', 1000 + askedForMs],
  ['one waited for just before the others\' time: they keep apart from it too', [other('a')], { anyMs: 1290, otherMs: 1000 }, 'a', 1290 + askedForMs],
  ['one waited for long before the others\' time: it does not hold them up', [other('a')], { anyMs: 1150, otherMs: 1000 }, 'a', 1000 + othersMs],
])('%s', (_, queue, begun, name, atMs) => {
  expect(nextStart(queue, begun)).toEqual({ start: queue.find((each) => each.name === name), atMs });
});

test('an empty queue has no next one', () => {
  expect(nextStart([], otherBefore)).toBeUndefined();
});

test('views of sixteen dead cameras, tried every three seconds, do not hold up the other cameras for ever', () => {
  const begins: string[] = [];
  let begun = nothingBegun;
  let others = Array.from({ length: 16 }, (_, index) => other(`camera ${index}`));
  let tries = Array.from({ length: 16 }, (_, index) => ({ ...asked('view'), atMs: index * 187 }));
  for (let nowMs = 0; others.length > 0 && nowMs < 60_000; nowMs += 1) {
    const next = nextStart([...others, ...tries.filter(({ atMs }) => atMs <= nowMs)], begun);
    if (next && next.atMs <= nowMs) {
      begun = afterStart(begun, next.start, nowMs);
      begins.push(next.start.name);
      others = others.filter((each) => each !== next.start);
      tries = tries.map((each) => (each === next.start ? { ...each, atMs: nowMs + 3000 } : each));
    }
  }
  expect(others).toEqual([]);
  expect(begins.length).toBeLessThan(16 * 4);
});

test.each([
  [other('a'), { anyMs: 5000, otherMs: 5000 }],
  [asked('a'), { anyMs: 5000, otherMs: 1000 }],
])('after %j', (start, expected) => {
  expect(afterStart(otherBefore, start, 5000)).toEqual(expected);
});
