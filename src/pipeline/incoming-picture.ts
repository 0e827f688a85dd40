import { reconnect } from '../policy/backoff.js';
import type { PictureTrouble } from '../policy/picture-choice.js';
import { Problem } from '../problems.js';
import type { PacketStream } from './packet-stream.js';
import { tellFormatError } from './tell-format-error.js';
import { UnitAssembler } from './unit-assembler.js';

export interface IncomingPictureOptions {
  readonly packets: PacketStream;
  readonly times: 'camera' | 'arrival';
  /** How long the first one is waited for, where that is not as usual. */
  readonly firstWithinMs?: number | undefined;
  /** It cannot be taken in this way, by this connection. */
  readonly onUnusable: (problem: Problem) => void;
}

/** The picture of one connection as FFmpeg writes it: put together into `packets`, and watched. */
export class IncomingPicture {
  readonly #options: IncomingPictureOptions;
  readonly #assembler: UnitAssembler;
  readonly #startedMs = performance.now();
  #heardMs = this.#startedMs;
  #trouble: PictureTrouble | undefined;

  constructor(options: IncomingPictureOptions) {
    this.#options = options;
    this.#assembler = new UnitAssembler(options.packets, options.times);
  }

  /** Why it has to be taken otherwise. */
  get trouble(): PictureTrouble | undefined {
    return this.#trouble;
  }

  /** Whether pictures go out as they come. */
  get settled(): boolean {
    return this.#assembler.settled;
  }

  /** From the first to the last picture. */
  get healthyForMs(): number {
    return this.#assembler.healthyForMs;
  }

  /** The process time of a time of FFmpeg's clock; undefined while that is not known. */
  toProcessMs(streamMs: number): number | undefined {
    return this.#assembler.toProcessMs(streamMs);
  }

  push(bytes: Uint8Array): void {
    const { onUnusable } = this.#options;
    this.#heardMs = performance.now();
    tellFormatError('stream-unreadable', onUnusable, () => this.#assembler.push(bytes, this.#heardMs));
    if (this.#assembler.unfit) {
      this.#trouble ??= 'codec';
    }
    if (this.#assembler.clockSet || this.#assembler.wrongRate) {
      this.#trouble ??= this.#assembler.wrongRate ? 'times' : undefined;
      onUnusable(new Problem('camera-clock-set'));
    }
  }

  /**
   * What it lacks by now; undefined where it goes as it should, or there is still time. FFmpeg passes on nothing before a keyframe.
   * @param comes while FFmpeg lives, something comes to it, and that is the picture.
   */
  missing(comes: boolean): Problem | undefined {
    const firstWithinMs = this.#options.firstWithinMs ?? reconnect.firstPictureWithinMs;
    const nowMs = performance.now();
    const works = this.healthyForMs > 0;
    const limitMs = works ? reconnect.deadAfterMs : firstWithinMs;
    if (nowMs - this.#heardMs > limitMs) {
      return comes && !works ? noKeyframe(limitMs) : new Problem('camera-silent', `nothing for ${limitMs / 1000} s`);
    }
    const lacksKeyframe = !this.#options.packets.flowing && nowMs - this.#startedMs > firstWithinMs;
    return lacksKeyframe ? noKeyframe(firstWithinMs) : undefined;
  }

  /** Publishes nothing more. */
  close(): void {
    this.#assembler.close();
  }
}

function noKeyframe(limitMs: number): Problem {
  return new Problem('camera-no-keyframe', `none in ${limitMs / 1000} s`);
}
