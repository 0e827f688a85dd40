import type { AccessUnit } from '../media/access-unit.js';
import type { PacketStream } from './packet-stream.js';

/** One reader's position in a PacketStream. */
export class PacketReader implements Disposable {
  readonly #stream: PacketStream;
  readonly #wake: () => void;
  readonly #release: () => void;
  #number: number;
  #needsKeyframe = true;
  /** The time of the keyframe that it began with, or went on with. */
  #beginsMs = -Infinity;
  #lost = 0;
  /** The connection that `seekBefore` was in, by its first unit. */
  #connection = Infinity;

  /** @internal Made by PacketStream.read. */
  constructor(stream: PacketStream, wake: () => void, release: () => void) {
    this.#stream = stream;
    this.#wake = wake;
    this.#release = release;
    this.#number = stream.published;
  }

  /** Units that were dropped from the ring before this reader came to them. */
  get lost(): number {
    return this.#lost;
  }

  /** Goes to the newest keyframe of the present connection, or waits for the next one. */
  seekToNewestKeyframe(): void {
    this.#number = this.#stream.newestStart();
    this.#needsKeyframe = true;
  }

  /** Goes to the newest keyframe that is not later than `timeMs`, or as near to it as the present connection reaches back. */
  seekBefore(timeMs: number): void {
    this.#number = this.#stream.startBefore(timeMs);
    this.#needsKeyframe = true;
    this.#connection = this.#stream.connectionFirst;
  }

  /** Whether all of the connection that was sought in has been read, and it is over. */
  get connectionOver(): boolean {
    return this.#stream.connectionFirst > this.#connection && this.#number >= this.#stream.connectionFirst;
  }

  /**
   * The next unit, or undefined where there is none yet. After a loss it is a keyframe, and without those that are shown before it: in an open
   * GOP they depend on what came before.
   */
  next(): AccessUnit | undefined {
    for (;;) {
      const found = this.#stream.at(this.#number);
      if (!found) {
        return undefined;
      }
      this.#lost += found.number - this.#number;
      this.#stream.countLost(found.number - this.#number);
      this.#number = found.number + 1;
      const { keyframe, timeMs } = found.unit;
      if (keyframe && this.#needsKeyframe) {
        this.#beginsMs = timeMs;
        this.#needsKeyframe = false;
      }
      if (!this.#needsKeyframe && timeMs >= this.#beginsMs) {
        return found.unit;
      }
    }
  }

  /** @internal */
  wake(): void {
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.#release();
  }
}
