import { PassThrough } from 'node:stream';
import { afterEach, expect, jest, test } from '@jest/globals';
import { JpegFeed } from '../../../src/pipeline/source/jpeg-feed.js';

afterEach(() => {
  jest.useRealTimers();
});

test('a picture is repeated until ten seconds after the next one was due, and then no more', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  const stdin = new PassThrough();
  let bytes = 0;
  stdin.on('data', (chunk: Buffer) => (bytes += chunk.length));
  using feed = new JpegFeed(stdin, { width: 16, height: 16 });
  feed.offer({ jpeg: Buffer.alloc(1_000), width: 16, height: 16, chroma: '4:2:0', timeMs: performance.now(), goodForMs: 3_000 });
  const written = async (ms: number): Promise<number> => {
    const before = bytes;
    await jest.advanceTimersByTimeAsync(ms);
    return bytes - before;
  };
  await written(11_000);
  expect(await written(2_000)).toBeGreaterThan(2_000);
  await written(1_000);
  expect(await written(60_000)).toBe(0);
});
