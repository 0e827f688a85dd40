import type { Readable } from 'node:stream';
import { openOutputSocket, type OutputSocket } from '../ffmpeg/output-socket.js';

/**
 * While nobody reads along, packets are taken from the socket in bundles: a fifth of the wake-ups. A bundle is to stay well
 * below what the socket holds, so that FFmpeg never waits: fast streams are read more often.
 */
const bundle = { longestMs: 150, bytes: 64 * 1024 } as const;
/** Elsewhere a local socket holds 8 KiB (macOS), and FFmpeg would wait for us. */
const socketHoldsBundle = process.platform === 'linux';

/** Sound that nobody reads is taken so often: a tenth of the wake-ups, and some KB that wait. */
export const soundRestMs = 250;

/** What was read at once, and how long after what was read before. */
export interface ReadBundle {
  readonly bytes: number;
  readonly sinceMs: number;
}

/** How long pictures that nobody reads may wait, by how fast they come. */
export function pictureRestMs({ bytes, sinceMs }: ReadBundle): number {
  return bytes > bundle.bytes * 2 ? 0 : Math.min(bundle.longestMs, (bundle.bytes / bytes) * Math.max(sinceMs, 1));
}

/** What a process writes, read from a socket in bundles where that may wait. Where there is no such socket it comes through a pipe, at once. */
export class BundledOutput implements Disposable {
  /** For the process; undefined where it is to have a pipe. */
  readonly socket: OutputSocket | undefined;
  readonly #take: (bytes: Buffer) => void;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param folder where the socket may lie for a moment.
   * @param take is told what was read, valid only during the call.
   * @param restMs says how long what comes next may wait, in milliseconds; 0 reads on.
   */
  static async open(folder: string, take: (bytes: Buffer) => void, restMs: (read: ReadBundle) => number): Promise<BundledOutput> {
    let readMs = performance.now();
    const socket = await openOutputSocket(folder, (bytes) => {
      const nowMs = performance.now();
      const sinceMs = nowMs - readMs;
      readMs = nowMs;
      take(bytes);
      const waitMs = socketHoldsBundle ? restMs({ bytes: bytes.length, sinceMs }) : 0;
      if (waitMs > 0) {
        output.#rest(waitMs);
      }
      return waitMs === 0;
    });
    const output = new BundledOutput(socket, take);
    return output;
  }

  private constructor(socket: OutputSocket | undefined, take: (bytes: Buffer) => void) {
    this.socket = socket;
    this.#take = take;
  }

  /** Where there is no socket: the pipe that the process has instead. */
  readPipe(pipe: Readable): void {
    if (!this.socket) {
      pipe.on('data', this.#take);
    }
  }

  /** Reads at once what waits: somebody begins to need it. */
  hurry(): void {
    this.socket?.ours.resume();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #rest(waitMs: number): void {
    this.#timer = setTimeout(() => this.socket?.ours.resume(), waitMs);
  }
}
