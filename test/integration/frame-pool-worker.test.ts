import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { FramePool } from '../../src/pipeline/frame-pool.js';
import { giveBackShare, type SharedFrame } from '../../src/pipeline/shared-frame.js';
import type { ReaderAnswer, ReaderRequest } from '../support/frame-reader.js';

/** A picture of 320x180 is looked at whole by a reader in well under a millisecond. */
const size = { width: 320, height: 180 };

class Reader {
  readonly worker = new Worker(new URL('../support/frame-reader.js', import.meta.url));
  readonly answers: ReaderAnswer[] = [];
  asked = 0;

  constructor() {
    this.worker.on('message', (answer: ReaderAnswer) => this.answers.push(answer));
  }

  ask(request: ReaderRequest): void {
    this.asked += 1;
    this.worker.postMessage(request);
  }

  /** Waits until everything is answered. */
  async finish(): Promise<void> {
    while (this.answers.length < this.asked) {
      await once(this.worker, 'message');
    }
  }
}

const readers: Reader[] = [];

function newReader(): Reader {
  const reader = new Reader();
  readers.push(reader);
  return reader;
}

afterEach(async () => {
  await Promise.all(readers.splice(0).map(({ worker }) => worker.terminate()));
});

/** The n-th picture is filled with n modulo 251, and its time is n. */
function publish(pool: FramePool, number: number, share: (frame: { share(): SharedFrame }) => void): boolean {
  const slot = pool.claim(size.width, size.height);
  if (!slot) {
    return false;
  }
  slot.bytes.fill(number % 251);
  using frame = slot.publish(number);
  share(frame);
  return true;
}

test('a writer and two workers under load: no picture is torn, none is lost without being counted, all slots come back', async () => {
  const pool = new FramePool({ slots: 4 });
  const [quick, slow] = [newReader(), newReader()];
  const pictures = 1_500;
  let published = 0;
  for (let number = 0; number < pictures; number++) {
    const wentOut = publish(pool, number, (frame) => {
      quick.ask({ kind: 'look', frame: frame.share(), forMs: 0 });
      if (number % 3 === 0) {
        slow.ask({ kind: 'look', frame: frame.share(), forMs: number % 7 });
      }
    });
    published += Number(wentOut);
    await (number % 5 === 0 ? sleep(1) : new Promise(setImmediate));
  }
  await Promise.all([quick.finish(), slow.finish()]);
  expect([...quick.answers, ...slow.answers].filter(({ whole }) => !whole)).toEqual([]);
  expect(quick.answers.length).toBe(published);
  expect(published).toBeGreaterThan(20);
  expect(pool.status()).toMatchObject({ inUse: 0, published, dropped: pictures - published });
  expect(pool.status().bytes).toBeLessThanOrEqual(4 * pool.status().slotBytes);
}, 60_000);

test('a worker that holds every picture makes the next ones drop, and what it held is taken back when it is gone', async () => {
  const pool = new FramePool({ slots: 3 });
  const reader = newReader();
  const shares: SharedFrame[] = [];
  const hold = (frame: { share(): SharedFrame }): void => {
    const share = frame.share();
    shares.push(share);
    reader.ask({ kind: 'hold', frame: share });
  };
  expect([1, 2, 3, 4, 5].map((number) => publish(pool, number, hold))).toEqual([true, true, true, false, false]);
  await reader.finish();
  expect(reader.answers).toEqual([1, 2, 3].map((timeMs) => ({ timeMs, whole: true })));
  expect(pool.status()).toMatchObject({ inUse: 3, published: 3, dropped: 2 });

  await reader.worker.terminate();
  shares.forEach(giveBackShare);
  expect(pool.status().inUse).toBe(0);

  const next = newReader();
  let kept: SharedFrame | undefined;
  publish(pool, 6, (frame) => {
    kept = frame.share();
    next.ask({ kind: 'hold', frame: kept });
  });
  shares.forEach(giveBackShare); // Once more: nobody else's reference goes with it.
  await next.finish();
  expect(next.answers).toEqual([{ timeMs: 6, whole: true }]);
  expect(pool.status().inUse).toBe(1);
});
