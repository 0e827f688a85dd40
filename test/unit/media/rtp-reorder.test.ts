import { describe, expect, test } from '@jest/globals';
import { ReorderBuffer, type SequencedPacket } from '../../../src/media/rtp-reorder.js';
import { below, seededRandom } from '../../support/seeded-random.js';

function packet(sequence: number, ssrc = 1): SequencedPacket {
  return { ssrc, sequence: sequence & 0xffff };
}

function numbers(packets: readonly SequencedPacket[]): number[] {
  return packets.map(({ sequence }) => sequence);
}

/** Pushes all at one time; what comes out with each. */
function pushed(buffer: ReorderBuffer<SequencedPacket>, sequences: readonly number[], nowMs = 0): number[][] {
  return sequences.map((sequence) => numbers(buffer.push(packet(sequence), nowMs)));
}

describe('packets come out', () => {
  test.each([
    ['at once while they come in order', [7, 8, 9], [[7], [8], [9]]],
    ['at once over the end of the numbers', [65_534, 65_535, 0, 1], [[65_534], [65_535], [0], [1]]],
    ['in order where two have changed places', [7, 9, 8, 10], [[7], [], [8, 9], [10]]],
    ['in order over the end of the numbers', [65_534, 1, 0, 65_535, 2], [[65_534], [], [], [65_535, 0, 1], [2]]],
    ['once, though they came twice', [7, 7, 9, 9, 8, 8, 10], [[7], [], [], [], [8, 9], [], [10]]],
  ])('%s', (_, sequences, given) => {
    expect(pushed(new ReorderBuffer(), sequences)).toEqual(given);
  });

  test('after 60 ms without the one that is missing, and that one not any more', () => {
    const buffer = new ReorderBuffer();
    expect(pushed(buffer, [7, 9, 10], 100)).toEqual([[7], [], []]);
    expect(buffer.nextDueMs).toBe(160);
    expect(numbers(buffer.due(159))).toEqual([]);
    expect(numbers(buffer.due(160))).toEqual([9, 10]);
    expect(buffer.nextDueMs).toBeUndefined();
    expect(pushed(buffer, [8, 11], 161)).toEqual([[], [11]]);
    expect({ dropped: buffer.dropped, skipped: buffer.skipped }).toEqual({ dropped: 1, skipped: 1 });
  });

  test('with the missing one where it comes before anybody has looked at the clock', () => {
    const buffer = new ReorderBuffer();
    pushed(buffer, [7, 9], 100);
    expect(pushed(buffer, [8], 500)).toEqual([[8, 9]]);
    expect(buffer.skipped).toBe(0);
  });

  test('each after its own 60 ms where several are missing', () => {
    const buffer = new ReorderBuffer();
    pushed(buffer, [7, 9], 0);
    pushed(buffer, [11], 20);
    expect(numbers(buffer.due(60))).toEqual([9]);
    expect(buffer.nextDueMs).toBe(80);
    expect(numbers(buffer.due(80))).toEqual([11]);
    expect(buffer.skipped).toBe(2);
  });

  test('when a later packet was held for long enough, also those before it that came after it', () => {
    const buffer = new ReorderBuffer();
    pushed(buffer, [7, 11], 0);
    pushed(buffer, [9], 50);
    expect(numbers(buffer.due(60))).toEqual([9, 11]);
  });

  test('where a push comes after the time for others, with those', () => {
    const buffer = new ReorderBuffer();
    pushed(buffer, [7, 9], 0);
    expect(pushed(buffer, [12], 70)).toEqual([[9]]);
  });

  test('when more are held than may be', () => {
    const buffer = new ReorderBuffer({ mostHeld: 3 });
    expect(pushed(buffer, [7, 9, 10, 12, 14])).toEqual([[7], [], [], [], [9, 10]]);
    expect(numbers(buffer.due(60))).toEqual([12, 14]);
  });
});

describe('a sender that begins anew is followed', () => {
  test.each([
    ['far ahead', [7, 9, 20_000, 20_001], [[7], [], [9, 20_000], [20_001]]],
    ['far behind', [20_000, 20_002, 7, 8], [[20_000], [], [20_002, 7], [8]]],
    ['over the end of the numbers', [60_000, 60_001, 100], [[60_000], [60_001], [100]]],
  ])('%s', (_, sequences, given) => {
    expect(pushed(new ReorderBuffer(), sequences)).toEqual(given);
  });

  test('with another source, whatever its numbers', () => {
    const buffer = new ReorderBuffer();
    pushed(buffer, [7, 9]);
    expect(numbers(buffer.push(packet(8, 2), 0))).toEqual([9, 8]);
    expect(numbers(buffer.push(packet(9, 2), 0))).toEqual([9]);
  });

  test.each([
    ['3000 numbers ahead is a gap', 3008, []],
    ['3001 numbers ahead is a beginning', 3009, [3009]],
    ['a hundred numbers behind is late', 65_444, []],
    ['more than that is a beginning', 65_443, [65_443]],
  ])('%s', (_, sequence, given) => {
    const buffer = new ReorderBuffer();
    pushed(buffer, [7]);
    expect(pushed(buffer, [sequence])).toEqual([given]);
  });
});

describe('a network that delays, loses and repeats', () => {
  interface Arrival {
    readonly sequence: number;
    readonly atMs: number;
  }

  /** The numbers begin again in the middle. */
  const firstNumber = 64_536;

  /** A packet every 20 ms, 2000 of them, up to `jitterMs` late. */
  function arrivals(random: () => number, jitterMs: number): Arrival[] {
    const sent = Array.from({ length: 2000 }, (_, sequence) => ({ sequence, atMs: sequence * 20 + below(random, jitterMs) }));
    const repeated = sent.filter(() => below(random, 20) === 0).map(({ sequence, atMs }) => ({ sequence, atMs: atMs + below(random, jitterMs) }));
    // The first is not lost: the order begins with it.
    const arrived = [...sent, ...repeated].filter(({ sequence }) => sequence === 0 || below(random, 20) > 0);
    return arrived.map((arrival) => (arrival.sequence === 0 ? { ...arrival, atMs: 0 } : arrival)).sort((a, b) => a.atMs - b.atMs);
  }

  /** As a socket and a timer would drive it. */
  function play(buffer: ReorderBuffer<SequencedPacket>, coming: readonly Arrival[]): { readonly sequence: number; readonly givenMs: number }[] {
    const given: { sequence: number; givenMs: number }[] = [];
    const give = (packets: readonly SequencedPacket[], givenMs: number): void => {
      given.push(...packets.map(({ sequence }) => ({ sequence: (sequence + 0x1_0000 - firstNumber) % 0x1_0000, givenMs })));
    };
    const dueUntil = (untilMs: number): void => {
      for (let dueMs = buffer.nextDueMs; dueMs !== undefined && dueMs < untilMs; dueMs = buffer.nextDueMs) {
        give(buffer.due(dueMs), dueMs);
      }
    };
    for (const { sequence, atMs } of coming) {
      dueUntil(atMs);
      give(buffer.push(packet(firstNumber + sequence), atMs), atMs);
    }
    dueUntil(Infinity);
    return given;
  }

  test.each([20, 60, 150, 400])('%i ms: in order, each once, none held for longer than it may be, and all are accounted for', (jitterMs) => {
    const coming = arrivals(seededRandom(jitterMs), jitterMs);
    const buffer = new ReorderBuffer();
    const given = play(buffer, coming);
    const order = given.map(({ sequence }) => sequence);
    expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
    const firstArrival = new Map([...coming].reverse().map(({ sequence, atMs }) => [sequence, atMs]));
    expect(given.filter(({ sequence, givenMs }) => givenMs - (firstArrival.get(sequence) ?? Infinity) > 60)).toEqual([]);
    expect(given.length + buffer.dropped).toBe(coming.length);
    expect((order.at(-1) ?? 0) + 1).toBe(given.length + buffer.skipped);
    if (jitterMs <= 60) {
      expect(given).toHaveLength(firstArrival.size);
    }
  });
});
