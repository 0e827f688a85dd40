/** Decoded pictures in memory that threads share: what a worker thread needs to know, and nothing else. */

/**
 * A slot's memory: 32-bit words (generation, width, height), the time as a 64-bit float, a word for each share, then the picture.
 * A share's word is its number while somebody has it, else 0. The count of references is the number of these words, and
 * not a word of its own: giving back is one step, so that a worker ended at any moment leaves nothing half done.
 */
export const slotLayout = {
  generation: 0,
  width: 1,
  height: 2,
  timeByte: 16,
  firstShare: 6,
  shares: 16,
  pictureByte: 128,
} as const;

/** One reference to a picture, for `postMessage`. Whoever opens it gives it back. */
export interface SharedFrame {
  readonly memory: SharedArrayBuffer;
  readonly generation: number;
  /** Which of the slot's share words is its own. */
  readonly share: number;
  /** What stands there until it is given back; no other share has the same number. */
  readonly number: number;
}

/** A picture as a worker sees it. Its pixels are not to be looked at after it was disposed: they may be another picture's. */
export interface OpenedFrame extends Disposable {
  readonly width: number;
  readonly height: number;
  /** On the process's monotonic clock. */
  readonly timeMs: number;
  /** `width * height` bytes, limited range. */
  readonly luma: Uint8Array;
  readonly i420: Uint8Array;
}

/** @throws Error where it was given back before. */
export function openSharedFrame(shared: SharedFrame): OpenedFrame {
  const { memory, generation, share, number } = shared;
  const words = new Int32Array(memory, 0, slotLayout.firstShare + slotLayout.shares);
  const isThere = Atomics.load(words, slotLayout.firstShare + share) === number && Atomics.load(words, slotLayout.generation) === generation;
  if (!isThere) {
    throw new Error('This picture was given back before.');
  }
  const width = words[slotLayout.width] ?? 0;
  const height = words[slotLayout.height] ?? 0;
  return {
    width,
    height,
    timeMs: new Float64Array(memory, slotLayout.timeByte, 1)[0] ?? 0,
    luma: new Uint8Array(memory, slotLayout.pictureByte, width * height),
    i420: new Uint8Array(memory, slotLayout.pictureByte),
    [Symbol.dispose]: () => giveBackShare(shared),
  };
}

/** Gives the reference back, once, whoever does it first: who opened it, or its owner after the worker that had it is gone. */
export function giveBackShare({ memory, share, number }: SharedFrame): void {
  const words = new Int32Array(memory, 0, slotLayout.firstShare + slotLayout.shares);
  Atomics.compareExchange(words, slotLayout.firstShare + share, number, 0);
}
