import { expect, test } from '@jest/globals';
import { StartQueue } from '../../../src/pipeline/start-queue.js';
import { startSpacing } from '../../../src/policy/start-order.js';
import { FakeTimers } from '../../support/fake-timers.js';

const { askedForMs, othersMs } = startSpacing;

/** A connection in the queue. */
interface Queued {
  /** May be changed. */
  readonly viewers: { waitFor: boolean };
  readonly leave: AbortController;
  readonly turn: Promise<boolean>;
}

function house() {
  const timers = new FakeTimers();
  const queue = new StartQueue(timers);
  const begun: string[] = [];
  const add = (name: string, waitedFor = false): Queued => {
    const viewers = { waitFor: waitedFor };
    const leave = new AbortController();
    const turn = queue.take(() => viewers.waitFor, leave.signal);
    void turn.then((came) => came && begun.push(`${timers.nowMs()} ${name}`));
    return { viewers, leave, turn };
  };
  /** In steps, as time goes: what begins late puts the next one off. */
  const pass = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += 10) {
      await settled();
      timers.advance(10);
    }
    await settled();
  };
  return { timers, queue, begun, add, pass };
}

/** All promises that can be resolved are. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await Promise.resolve();
  }
}

test('one that is alone begins at once: no timer is ever set', async () => {
  const { timers, begun, add, pass } = house();
  const alone = add('a');
  expect(timers.pending).toBe(0);
  expect(await alone.turn).toBe(true);
  expect(begun).toEqual(['0 a']);
  await pass(othersMs);
  expect(await add('b', true).turn).toBe(true);
  expect(timers.pending).toBe(0);
});

test('sixteen at once begin one after the other in the order they came, and no timer is left', async () => {
  const { timers, begun, add, pass } = house();
  const names = Array.from({ length: 16 }, (_, index) => `camera ${index}`);
  names.forEach((name) => add(name));
  await pass(16 * othersMs);
  expect(begun).toEqual(names.map((name, index) => `${index * othersMs} ${name}`));
  expect(timers.pending).toBe(0);
});

test('those that somebody waits for go first, closer together', async () => {
  const { begun, add, pass } = house();
  ['a', 'b'].forEach((name) => add(name));
  ['view 1', 'view 2'].forEach((name) => add(name, true));
  await pass(othersMs);
  expect(begun).toEqual(['0 a', `${askedForMs} view 1`, `${2 * askedForMs} view 2`, `${othersMs} b`]);
});

test('a view of a camera in the queue takes it to the front at once', async () => {
  const { queue, begun, add, pass } = house();
  ['a', 'b', 'c'].forEach((name) => add(name));
  const last = add('d');
  await pass(150);
  expect(begun).toEqual(['0 a']);
  last.viewers.waitFor = true;
  queue.hurry();
  await settled();
  expect(begun).toEqual(['0 a', '150 d']);
  await pass(850);
  expect(begun.slice(2)).toEqual([`${othersMs} b`, `${2 * othersMs} c`]);
});

test('a viewer who left before its turn came leaves it among the others', async () => {
  const { begun, add, pass } = house();
  ['a', 'b'].forEach((name) => add(name));
  const viewed = add('viewed', true);
  await pass(50);
  viewed.viewers.waitFor = false;
  await pass(1000);
  expect(begun).toEqual(['0 a', `${othersMs} b`, `${2 * othersMs} viewed`]);
});

test('one that is not needed any more leaves at once, and the next one takes its turn', async () => {
  const { timers, begun, add, pass } = house();
  add('a');
  const second = add('b');
  add('c');
  await pass(100);
  second.leave.abort();
  expect(await second.turn).toBe(false);
  await pass(1000);
  expect(begun).toEqual(['0 a', `${othersMs} c`]);
  expect(timers.pending).toBe(0);
});

test('the last one to leave takes the timer with it, and one that comes too late is not let in', async () => {
  const { timers, queue, begun, add } = house();
  await add('a').turn;
  const last = add('b');
  expect(timers.pending).toBe(1);
  last.leave.abort();
  expect(timers.pending).toBe(0);
  expect(await queue.take(() => true, AbortSignal.abort())).toBe(false);
  expect(timers.pending).toBe(0);
  expect(begun).toEqual(['0 a']);
});
