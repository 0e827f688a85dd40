import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { NutReader } from '../../src/media/nut-reader.js';
import { FramePool, type FrameSlot } from '../../src/pipeline/frame-pool.js';
import { ownCpuUs, ownCpuUsOf } from '../measure/own-cpu.js';
import { median, spread } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { picturesInPieces, picturesIntoMemory, type PictureSource } from '../stage/picture-source.js';

const size = { width: 1920, height: 1080 } as const;
/** As a decoder has them. */
const slots = 8;
const handOvers = 20_000;
const shares = 1_000;
const warmUpRounds = 2;

type Step = 'handOver' | 'share' | 'copy' | 'socket' | 'pipe';

/** What it costs this process to hold decoded pictures and to hand them on. */
export const framePool: Scenario = {
  name: 'frame-pool',
  title: `processor time of this process per decoded picture of ${size.width}x${size.height}`,
  linuxOnly: false,
  async run(bench) {
    const rounds = bench.quick ? 2 : 6;
    const measured: Record<Step, number[]> = { handOver: [], share: [], copy: [], socket: [], pipe: [] };
    const folder = mkdtempSync(join(tmpdir(), 'camera-hub-bench-'));
    const worker = new Worker(new URL('../stage/frame-worker.js', import.meta.url));
    try {
      for (let round = -warmUpRounds; round < rounds && !bench.signal.aborted; round++) {
        const results: Record<Step, number> = {
          handOver: handOverUs(),
          share: await shareUs(worker),
          copy: copyUs(),
          socket: await readUs(bench, (source, reader) => picturesIntoMemory(bench, source, folder, { target: () => reader.target(), filled: (bytes) => (reader.filled(bytes), true) })),
          pipe: await readUs(bench, (source, reader) => picturesInPieces(bench, source, (bytes) => reader.push(bytes))),
        };
        for (const step of round < 0 ? [] : (Object.keys(results) as Step[])) {
          measured[step].push(results[step]);
        }
      }
    } finally {
      await worker.terminate();
      rmSync(folder, { recursive: true, force: true });
    }
    bench.signal.throwIfAborted();
    return rows(measured);
  },
};

/** A slot claimed and published, a second reference taken, both given back. */
function handOverUs(): number {
  const pool = new FramePool({ slots });
  const us = ownCpuUs(() => {
    for (let index = 0; index < handOvers; index++) {
      using frame = claim(pool).publish(index);
      using _other = frame.retain();
    }
  });
  return us / handOvers;
}

/** To a worker thread and back, one after the other: with what waking two threads costs. */
async function shareUs(worker: Worker): Promise<number> {
  const pool = new FramePool({ slots });
  const us = await ownCpuUsOf(async () => {
    for (let index = 0; index < shares; index++) {
      using frame = claim(pool).publish(index);
      worker.postMessage(frame.share());
      await once(worker, 'message');
    }
  });
  return us / shares;
}

/** What a copy of such a picture costs, from one slot to another. */
function copyUs(): number {
  const pool = new FramePool({ slots });
  using from = claim(pool);
  using to = claim(pool);
  const copies = 200;
  return ownCpuUs(() => {
    for (let index = 0; index < copies; index++) {
      to.bytes.set(from.bytes);
    }
  }) / copies;
}

/** Reads pictures of an FFmpeg into slots, at the pace of a camera; the newest one stays until the next has come. */
async function readUs({ quick }: Bench, read: (source: PictureSource, reader: NutReader) => Promise<void>): Promise<number> {
  const pool = new FramePool({ slots });
  const source = { ...size, fps: 30, pictures: quick ? 60 : 240 };
  let slot: FrameSlot | undefined;
  let newest: Disposable | undefined;
  const reader = new NutReader({
    room: () => (slot = claim(pool)).bytes,
    onPicture: ({ timeMs }) => {
      newest?.[Symbol.dispose]();
      newest = slot?.publish(timeMs);
    },
  });
  const us = await ownCpuUsOf(() => read(source, reader));
  const { published } = pool.status();
  if (published !== source.pictures) {
    throw new Error(`Of ${source.pictures} pictures ${published} came.`);
  }
  return us / published;
}

function claim(pool: FramePool): FrameSlot {
  const slot = pool.claim(size.width, size.height);
  if (!slot) {
    throw new Error('The pool has no slot left.');
  }
  return slot;
}

function rows(measured: Readonly<Record<Step, readonly number[]>>): Row[] {
  const row = (what: string, step: Step, remark = ''): Row => ({ what, value: median(measured[step]), unit: 'µs', remark: `${spread(measured[step], 1, 'round')}${remark}` });
  const perSecond = (step: Step): string => `; at 30 pictures/s ${((median(measured[step]) * 30) / 10_000).toFixed(2)} % of a core`;
  return [
    row('claimed, published, retained, given back twice', 'handOver'),
    row('shared with a worker thread, which gives it back and answers', 'share'),
    row('one copy of its 3.1 MB, for comparison', 'copy', perSecond('copy')),
    row("read from FFmpeg's socket into a slot", 'socket', perSecond('socket')),
    row("read from Node's own pipe and copied into a slot, for comparison", 'pipe', perSecond('pipe')),
  ];
}
