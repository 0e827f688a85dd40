import type { VideoFormat } from '../../src/media/access-unit.js';
import { joinNals } from '../../src/media/nal.js';
import { videoFormatFromParameterSets } from '../../src/media/video-format.js';
import type { Lease } from '../../src/pipeline/lease.js';
import { PacketStream } from '../../src/pipeline/packet-stream.js';
import type { Footage } from './camera/footage.js';

const lookEveryMs = 5;
const stepMs = 1000 / 30;

/** A camera's pictures in a PacketStream, in real time, without camera and connection. For footage of 30 fps without B-frames. */
export class PlayedFootage implements Disposable {
  readonly packets = new PacketStream();
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #holders = new Set<string>();
  /** What was shown, newest first. */
  readonly #reels: Reel[];
  /** Pictures published. */
  #count = 0;

  constructor(footage: Footage) {
    this.#reels = [reelOf(footage, 0)];
    this.#timer = setInterval(() => this.#publishDue(), lookEveryMs);
  }

  /** Who has a lease. */
  get holders(): readonly string[] {
    return [...this.#holders];
  }

  lease({ holder }: { readonly holder: string }): Lease {
    this.#holders.add(holder);
    return { holder, [Symbol.dispose]: () => this.#holders.delete(holder) };
  }

  /** Other pictures from now on, as from a camera whose settings were changed. */
  show(footage: Footage): void {
    this.#reels.unshift(reelOf(footage, this.#count));
  }

  /** The counter that is drawn into the picture of this time; -1 where there was none. */
  counterOf(timeMs: number): number {
    const number = Math.round((timeMs - this.#startMs) / stepMs);
    const reel = this.#reels.find(({ begunAt }) => begunAt <= number);
    return reel?.footage.units[(number - reel.begunAt) % reel.footage.units.length]?.counter ?? -1;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #publishDue(): void {
    const [reel] = this.#reels;
    for (let timeMs = this.#startMs + this.#count * stepMs; reel && timeMs <= performance.now(); timeMs += stepMs) {
      const unit = reel.footage.units[(this.#count - reel.begunAt) % reel.footage.units.length];
      this.#count += 1;
      this.packets.publish({ format: reel.format, data: joinNals(unit?.nalUnits ?? []), keyframe: unit?.keyframe === true, timeMs, decodeTimeMs: timeMs });
    }
  }
}

interface Reel {
  readonly footage: Footage;
  readonly format: VideoFormat;
  /** Number of its first picture. */
  readonly begunAt: number;
}

function reelOf(footage: Footage, begunAt: number): Reel {
  const { settings, parameterSets } = footage;
  return { footage, format: videoFormatFromParameterSets(settings.codec, parameterSets), begunAt };
}
