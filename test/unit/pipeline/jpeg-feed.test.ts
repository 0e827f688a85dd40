import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { JpegFeed } from '../../../src/pipeline/source/jpeg-feed.js';
import type { HeldJpeg } from '../../../src/pipeline/source/newest-jpeg.js';

const jpegBytes = 1_000;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});

afterEach(() => {
  jest.useRealTimers();
});

/** A JPEG of now, known by its number. */
function jpegOf(number: number): HeldJpeg {
  return { jpeg: Buffer.alloc(jpegBytes, number), width: 16, height: 16, chroma: '4:2:0', timeMs: performance.now(), goodForMs: 3_000 };
}

/** An FFmpeg that takes what it is given, while it does. */
class Taker {
  /** The numbers of the JPEGs, the newest last. */
  readonly taken: (number | undefined)[] = [];
  readonly stdin: Writable;
  #told = 0;
  #held: (() => void) | undefined;
  #takes = true;

  constructor() {
    this.stdin = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.taken.push(...(chunk.length === jpegBytes ? [chunk[0]] : []));
        this.#held = done;
        this.takes = this.#takes;
      },
    });
  }

  set takes(takes: boolean) {
    this.#takes = takes;
    if (takes) {
      this.#held?.();
    }
  }

  /** What it has taken since this was last asked, after so long. */
  async within(ms: number): Promise<readonly (number | undefined)[]> {
    await jest.advanceTimersByTimeAsync(ms);
    const from = this.#told;
    this.#told = this.taken.length;
    return this.taken.slice(from);
  }
}

test('a picture is repeated until ten seconds after the next one was due, and then no more', async () => {
  const ffmpeg = new Taker();
  using feed = new JpegFeed(ffmpeg.stdin, { width: 16, height: 16 });
  feed.offer(jpegOf(1));
  await ffmpeg.within(11_000);
  expect((await ffmpeg.within(2_000)).length).toBeGreaterThanOrEqual(2);
  await ffmpeg.within(1_000);
  expect(await ffmpeg.within(60_000)).toEqual([]);
});

test('FFmpeg, which gives a picture out with the next one, is given one twice where none is to be expected soon', async () => {
  const ffmpeg = new Taker();
  using feed = new JpegFeed(ffmpeg.stdin, { width: 16, height: 16 });
  feed.offer(jpegOf(1));
  expect(await ffmpeg.within(100)).toEqual([1, 1]);
  feed.offer(jpegOf(2));
  expect(await ffmpeg.within(100)).toEqual([2]);
  feed.offer(jpegOf(3));
  expect(await ffmpeg.within(250)).toEqual([3]);
  expect(await ffmpeg.within(100)).toEqual([3, 3]);
});

test('an FFmpeg that takes nothing for a while gets the newest picture then, and nothing of what came meanwhile', async () => {
  const ffmpeg = new Taker();
  ffmpeg.takes = false;
  using feed = new JpegFeed(ffmpeg.stdin, { width: 16, height: 16 });
  for (const number of [1, 2, 3]) {
    feed.offer(jpegOf(number));
    await ffmpeg.within(2_500);
  }
  ffmpeg.takes = true;
  expect(await ffmpeg.within(10)).toEqual([1, 1, 3, 3]);
});

test('nothing more is written once it has ended: neither what waits nor what would be repeated', async () => {
  const ffmpeg = new Taker();
  ffmpeg.takes = false;
  {
    using feed = new JpegFeed(ffmpeg.stdin, { width: 16, height: 16 });
    feed.offer(jpegOf(1));
    feed.offer(jpegOf(2));
  }
  ffmpeg.takes = true;
  expect(await ffmpeg.within(5_000)).toEqual([1, 1]);
});
