import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { openSharedFrame, type OpenedFrame, type SharedFrame } from '../../src/pipeline/shared-frame.js';

/** A worker thread that looks at pictures, each of which is filled with its own number (its time, modulo 251). */

export type ReaderRequest =
  | { readonly kind: 'look'; readonly frame: SharedFrame; readonly forMs: number }
  /** Keep it, and never give it back. */
  | { readonly kind: 'hold'; readonly frame: SharedFrame };

export interface ReaderAnswer {
  readonly timeMs: number;
  /** Whether all bytes were the picture's, when it came and just before it was given back. */
  readonly whole: boolean;
}

const held: OpenedFrame[] = [];

parentPort?.on('message', (request: ReaderRequest) => {
  void answer(request).then((said) => parentPort?.postMessage(said));
});

async function answer(request: ReaderRequest): Promise<ReaderAnswer> {
  if (request.kind === 'hold') {
    const frame = openSharedFrame(request.frame);
    held.push(frame);
    return { timeMs: frame.timeMs, whole: isWhole(frame) };
  }
  using frame = openSharedFrame(request.frame);
  const atFirst = isWhole(frame);
  await sleep(request.forMs);
  return { timeMs: frame.timeMs, whole: atFirst && isWhole(frame) };
}

function isWhole({ i420, timeMs }: OpenedFrame): boolean {
  const value = timeMs % 251;
  return i420.every((byte) => byte === value);
}
