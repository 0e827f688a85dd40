import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { FramePool, type Frame, type FrameSlot } from '../../../src/pipeline/frame-pool.js';
import { giveBackShare, openSharedFrame } from '../../../src/pipeline/shared-frame.js';

const headerBytes = 128;

afterEach(() => {
  jest.useRealTimers();
});

function claimed(pool: FramePool, width = 4, height = 2): FrameSlot {
  const slot = pool.claim(width, height);
  if (!slot) {
    throw new Error('no slot left');
  }
  return slot;
}

function published(pool: FramePool, value: number, timeMs = value): Frame {
  const slot = claimed(pool);
  slot.bytes.fill(value);
  return slot.publish(timeMs);
}

describe('a picture', () => {
  test('is what was put into its slot, the luma plane first, nothing copied', () => {
    const pool = new FramePool({ slots: 2 });
    const slot = claimed(pool, 3, 3); // Odd sizes: chroma is 2x2.
    expect(slot.bytes.length).toBe(9 + 2 * 4);
    slot.bytes.set(Array.from({ length: 17 }, (_, index) => index));
    using frame = slot.publish(1_234.5);
    expect(frame).toMatchObject({ width: 3, height: 3, timeMs: 1_234.5 });
    expect([...frame.luma]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(frame.i420.buffer).toBe(slot.bytes.buffer);
    expect(frame.luma.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('keeps its slot until the last reference is given back', () => {
    const pool = new FramePool({ slots: 1 });
    const first = published(pool, 1);
    const second = first.retain();
    first[Symbol.dispose]();
    first[Symbol.dispose](); // Twice is harmless, and not the other's.
    expect(pool.claim(4, 2)).toBeUndefined();
    expect([...second.luma]).toEqual(Array(8).fill(1));
    second[Symbol.dispose]();
    using again = published(pool, 2);
    expect(again.generation).toBe(second.generation + 1);
  });

  test('has no pixels once given back', () => {
    const pool = new FramePool({ slots: 1 });
    const frame = published(pool, 1);
    frame[Symbol.dispose]();
    expect(() => frame.luma).toThrow('given back before');
    expect(() => frame.i420).toThrow('given back before');
    expect(() => frame.retain()).toThrow('given back before');
    expect(() => frame.share()).toThrow('given back before');
  });

  test('that is not published gives its slot back, and is published once at most', () => {
    const pool = new FramePool({ slots: 1 });
    const slot = claimed(pool);
    slot[Symbol.dispose]();
    slot[Symbol.dispose]();
    expect(() => slot.publish(0)).toThrow('before');
    const next = claimed(pool);
    using frame = next.publish(0);
    next[Symbol.dispose]();
    expect(frame.luma.length).toBe(8);
    expect(pool.status()).toMatchObject({ inUse: 1, published: 1, dropped: 0 });
  });
});

describe('memory', () => {
  test('is taken when it is needed, and never more than for all slots', () => {
    const pool = new FramePool({ slots: 3 });
    expect(pool.status()).toEqual({ slots: 3, slotBytes: 0, bytes: 0, inUse: 0, published: 0, dropped: 0 });
    for (let count = 0; count < 10; count++) {
      published(pool, count)[Symbol.dispose]();
    }
    const slotBytes = headerBytes + 12;
    expect(pool.status()).toEqual({ slots: 3, slotBytes, bytes: slotBytes, inUse: 0, published: 10, dropped: 0 });
    const frames = [1, 2, 3].map((value) => published(pool, value));
    expect(pool.claim(4, 2)).toBeUndefined();
    expect(pool.claim(4, 2)).toBeUndefined();
    expect(pool.status()).toEqual({ slots: 3, slotBytes, bytes: 3 * slotBytes, inUse: 3, published: 13, dropped: 2 });
    expect(frames.map((frame) => frame.luma[0])).toEqual([1, 2, 3]);
  });

  test('is let go of when the decoder idles, but for what is in use', () => {
    const pool = new FramePool({ slots: 3 });
    const [kept, ...others] = [1, 2, 3].map((value) => published(pool, value));
    others.forEach((frame) => frame[Symbol.dispose]());
    pool.trim();
    expect(pool.status()).toMatchObject({ bytes: headerBytes + 12, inUse: 1 });
    expect([...(kept?.luma ?? [])]).toEqual(Array(8).fill(1));
  });

  test.each<[string, (frame: Frame) => void]>([
    ['here', (frame) => frame[Symbol.dispose]()],
    [
      'by a worker thread',
      (frame) => {
        const shared = frame.share();
        frame[Symbol.dispose]();
        giveBackShare(shared);
      },
    ],
  ])('that was in use when all were let go of goes when it is given back %s', (_, giveBack) => {
    jest.useFakeTimers();
    const pool = new FramePool({ slots: 3 });
    const kept = published(pool, 1);
    pool.trim();
    jest.advanceTimersByTime(2_000);
    expect(pool.status()).toMatchObject({ inUse: 1 });
    giveBack(kept);
    jest.advanceTimersByTime(500);
    expect(pool.status()).toMatchObject({ bytes: 0 });
    published(pool, 2)[Symbol.dispose]();
    jest.advanceTimersByTime(2_000);
    expect(pool.status()).toMatchObject({ bytes: headerBytes + 12 }); // It is in use again: nothing is let go of until told so.
  });

  test('of another size replaces the old, which stays as long as somebody needs it', () => {
    const pool = new FramePool({ slots: 2 });
    const small = published(pool, 7);
    published(pool, 8)[Symbol.dispose]();
    const large = claimed(pool, 8, 4);
    expect(pool.status()).toMatchObject({ slotBytes: headerBytes + 48, bytes: 2 * headerBytes + 12 + 48 });
    expect(pool.claim(8, 4)).toBeUndefined(); // One is large and being filled, one is still small.
    expect([...small.luma]).toEqual(Array(8).fill(7));
    small[Symbol.dispose]();
    using another = claimed(pool, 8, 4);
    expect(another.bytes.length).toBe(48);
    expect(pool.status()).toMatchObject({ bytes: 2 * (headerBytes + 48), dropped: 1 });
    large[Symbol.dispose]();
  });

  test('of the same size serves another shape', () => {
    const pool = new FramePool({ slots: 1 });
    published(pool, 1)[Symbol.dispose]();
    using slot = claimed(pool, 2, 4);
    using frame = slot.publish(0);
    expect([frame.width, frame.height]).toEqual([2, 4]);
  });
});

describe('a shared picture', () => {
  test('is the same memory, and has a reference of its own', () => {
    const pool = new FramePool({ slots: 1 });
    const frame = published(pool, 5, 40.25);
    const shared = structuredClone(frame.share());
    frame[Symbol.dispose]();
    const opened = openSharedFrame(shared);
    expect(opened).toMatchObject({ width: 4, height: 2, timeMs: 40.25 });
    expect([...opened.luma]).toEqual(Array(8).fill(5));
    expect([...opened.i420]).toEqual(Array(12).fill(5));
    expect(pool.claim(4, 2)).toBeUndefined();
    opened[Symbol.dispose]();
    expect(pool.status().inUse).toBe(0);
  });

  test('cannot be opened after it was given back, also when its slot has another picture', () => {
    const pool = new FramePool({ slots: 1 });
    const frame = published(pool, 1);
    const shared = frame.share();
    giveBackShare(shared);
    expect(() => openSharedFrame(shared)).toThrow('given back before');
    frame[Symbol.dispose]();
    using next = published(pool, 2);
    next.share();
    expect(() => openSharedFrame(shared)).toThrow('given back before');
  });

  test('given back twice takes nothing from whoever came after', () => {
    const pool = new FramePool({ slots: 1 });
    using frame = published(pool, 1);
    const first = frame.share();
    const opened = openSharedFrame(first);
    opened[Symbol.dispose]();
    const second = frame.share();
    opened[Symbol.dispose]();
    giveBackShare(first);
    using stillThere = openSharedFrame(second);
    expect(stillThere.luma.length).toBe(8);
  });

  test('sixteen times at once and no more', () => {
    const pool = new FramePool({ slots: 1 });
    using frame = published(pool, 1);
    const shares = Array.from({ length: 16 }, () => frame.share());
    expect(() => frame.share()).toThrow('16 times');
    shares.forEach(giveBackShare);
    expect(pool.status().inUse).toBe(1);
    expect(frame.share().number).toBeGreaterThan(0);
  });
});
