import { CrawlWatch, StreamClock } from '../stream-clock.js';
import { StepWatch } from './step-watch.js';

/**
 * Sound whose time on the pictures' clock is further than this from when it came cannot be right, as from a camera with two clocks. It is
 * believed again when it is nearer than `backMs`. Less would take a busy machine, on which all comes late at first, for a wrong clock.
 */
const fromArrival = { furthestMs: 1_000, backMs: 800 } as const;
/** Sound without times of its own that comes later than this did not follow on what came before. Longer than bundles are kept. */
const pauseMs = 500;

/** A packet as FFmpeg gives it, on its own clock, in milliseconds. */
export interface StreamedSound {
  readonly streamMs: number;
  readonly durationMs: number;
  /** How long it lasts by what it holds, where that can be told. */
  readonly heldMs: number | undefined;
}

/** A packet that has been noted; `countedMs`: when it would begin if each packet followed on the one before. */
export type Noted<Sound extends StreamedSound> = Sound & { readonly countedMs: number };

/**
 * When the sound of a connection is to be heard: by the clock of the pictures, which keeps lips in step; by when it came, where that is
 * far from it; and where its times themselves are wrong, each packet after the one before, as they came.
 */
export class SoundTimes {
  readonly #pictureClock: (streamMs: number) => number | undefined;
  readonly #ownClock = new StreamClock();
  readonly #steps = new StepWatch();
  readonly #crawl = new CrawlWatch();
  readonly #countedClock = new StreamClock();
  /** Where what came last ends. */
  #countedMs: number | undefined;
  #goesByArrival = false;

  /** @param pictureClock turns a time of FFmpeg's clock, common to both outputs, into the process's; undefined while it is not known. */
  constructor(pictureClock: (streamMs: number) => number | undefined) {
    this.#pictureClock = pictureClock;
  }

  /** Whether times stand still, and no others can be made as the packets do not say how long they are. */
  get cannotBeMade(): boolean {
    return this.#crawl.crawls;
  }

  /** Notes packets that came together, in order: the last of them has just ended. */
  note<Sound extends StreamedSound>(packets: readonly Sound[], arrivalMs: number): Noted<Sound>[] {
    let countedMs = this.#beginOf(packets, arrivalMs);
    const noted = packets.map((packet) => {
      const { streamMs, durationMs, heldMs } = packet;
      this.#ownClock.observe(streamMs + durationMs, arrivalMs);
      if (heldMs === undefined) {
        this.#crawl.observe(streamMs + durationMs, arrivalMs);
      } else {
        this.#steps.observe(streamMs, heldMs);
      }
      const begin = countedMs;
      countedMs += lengthMs(packet);
      return { ...packet, countedMs: begin };
    });
    if (noted.length > 0) {
      this.#countedClock.observe(countedMs, arrivalMs);
      this.#countedMs = countedMs;
    }
    return noted;
  }

  /** Whether the clock of the pictures is known. */
  get isSettled(): boolean {
    return this.#pictureClock(0) !== undefined;
  }

  /** On the process's clock: when the packet begins, and how long it lasts. */
  place(packet: Noted<StreamedSound>): { readonly timeMs: number; readonly durationMs: number } {
    if (this.#steps.goesWrong) {
      return { timeMs: this.#countedClock.toProcessMs(packet.countedMs), durationMs: lengthMs(packet) };
    }
    return { timeMs: this.#believedMs(packet.streamMs), durationMs: packet.durationMs };
  }

  #believedMs(streamMs: number): number {
    const own = this.#ownClock.toProcessMs(streamMs);
    const common = this.#pictureClock(streamMs) ?? own;
    const apartMs = Math.abs(common - own);
    this.#goesByArrival = apartMs > (this.#goesByArrival ? fromArrival.backMs : fromArrival.furthestMs);
    return this.#goesByArrival ? own : common;
  }

  /** Where the packets begin: at the end of the ones before, unless there was a pause. */
  #beginOf(packets: readonly StreamedSound[], arrivalMs: number): number {
    if (this.#countedMs === undefined) {
      return 0;
    }
    const together = packets.reduce((sum, packet) => sum + lengthMs(packet), 0);
    const lateMs = arrivalMs - this.#countedClock.toProcessMs(this.#countedMs + together);
    return this.#countedMs + (lateMs > pauseMs ? lateMs : 0);
  }
}

function lengthMs({ heldMs, durationMs }: StreamedSound): number {
  return heldMs ?? durationMs;
}
