import type { Writable } from 'node:stream';
import type { AccessUnit, VideoFormat } from '../media/access-unit.js';
import type { PacketReader } from './packet-reader.js';
import type { PacketStream } from './packet-stream.js';
import type { Owed } from './stuck-watch.js';
import { UnitWriter } from './unit-writer.js';

/**
 * What FFmpeg may have taken in without having given it back. Decoders and encoders keep a few pictures, so that there must
 * be some; more than this is a machine that is too slow, and a view that falls behind.
 */
const inFlight = { pictures: 12, ms: 1_000, keyframes: 3 } as const;
/** Fewer milliseconds of past are not worth leaving anything out. */
const leastPastMs = 100;
/** A decoder that gives nothing back may be waiting for a good keyframe: after this it gets the newest one. What one that is merely slow is given too early is bounded by its pipe. */
const letInAfterMs = 2_000;

/** What a decoder is fed with, and what it gives back of that. */
export interface FeedPace {
  /** Only keyframes are written. */
  readonly keyframesOnly?: boolean;
  /** It leaves out what comes faster. */
  readonly maxFps?: number | undefined;
  /** For so long after the first picture it gives nothing back. */
  readonly pastMs?: number | undefined;
}

/**
 * Writes a PacketStream into a decoder as MP4 fragments, no faster than it gives the pictures back. On a machine that is too slow
 * pictures are left out up to the newest keyframe, so that what is shown stays near the present.
 */
export class FragmentFeed implements Disposable {
  readonly #source: PacketStream;
  readonly #reader: PacketReader;
  #wake: () => void = () => undefined;
  /** Presentation times of what FFmpeg has not given back yet. */
  #inFlight: number[] = [];
  #pace: FeedPace = {};
  #formatChanged = false;
  /** What is older is decoded for the sake of what follows, and does not come back. */
  #presentMs = -Infinity;
  #writer: UnitWriter | undefined;
  #lastBackMs = 0;

  constructor(source: PacketStream) {
    this.#source = source;
    this.#reader = source.read(() => this.#wake());
    this.#reader.seekToNewestKeyframe();
  }

  /** The source changed its size or codec; the feed ended there. */
  get formatChanged(): boolean {
    return this.#formatChanged;
  }

  /** What it is FFmpeg's turn to do. */
  get owed(): Owed {
    if (!this.#writer) {
      return undefined;
    }
    return this.#formatChanged || this.#isFull ? 'pictures' : this.#writer.takes ? undefined : 'input';
  }

  /** Units written so far. */
  get written(): number {
    return this.#writer?.written ?? 0;
  }

  /** Waits for a picture to begin with; undefined when `signal` comes first. */
  async firstKeyframe(signal: AbortSignal): Promise<AccessUnit | undefined> {
    const found = Promise.withResolvers<AccessUnit | undefined>();
    const finish = (): void => found.resolve(undefined);
    this.#wake = () => {
      const unit = this.#reader.next();
      if (unit) {
        this.#wake = () => undefined;
        found.resolve(unit);
      }
    };
    signal.addEventListener('abort', finish);
    this.#wake();
    if (signal.aborted) {
      finish();
    }
    try {
      return await found.promise;
    } finally {
      signal.removeEventListener('abort', finish);
    }
  }

  /** How much of the ring lies between this keyframe and the present, in milliseconds; undefined where it is not worth speaking of. */
  pastMs({ decodeTimeMs }: AccessUnit): number | undefined {
    const newestMs = (this.#source.liveKeyframe?.decodeTimeMs ?? decodeTimeMs) + this.#source.gopMs;
    return newestMs - decodeTimeMs < leastPastMs ? undefined : newestMs - decodeTimeMs;
  }

  /**
   * Begins with `first` and goes on with what follows it. The times in the MP4 are those of the units, counted from `first`'s.
   */
  writeTo(stdin: Writable, first: AccessUnit, pace: FeedPace = {}): void {
    const format: VideoFormat = first.format;
    const { pastMs = 0 } = pace;
    this.#pace = pace;
    this.#presentMs = first.timeMs + pastMs;
    const writer = new UnitWriter(stdin, first);
    this.#writer = writer;
    this.#lastBackMs = performance.now();
    this.#write(writer, first);
    this.#wake = () => {
      this.#letInKeyframe(writer);
      while (this.#mayWrite(writer)) {
        const unit = this.#next();
        if (!unit) {
          return;
        }
        if (unit.format !== format) {
          // What was written is still encoded, then a new FFmpeg takes over at this keyframe.
          this.#formatChanged = true;
          this.#wake = () => undefined;
          writer.end();
          return;
        }
        this.#write(writer, unit);
      }
    };
    stdin.on('drain', () => this.#wake());
    this.#wake();
  }

  /** FFmpeg has given back the picture of this time, and has left out earlier ones that it will not give back any more. */
  gaveBack(timeMs: number): void {
    this.#inFlight = this.#inFlight.filter((each) => each > timeMs + 0.5);
    this.#lastBackMs = performance.now();
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.#wake = () => undefined;
    this.#reader[Symbol.dispose]();
  }

  /** What could not be decoded holds up nothing for longer than to the next keyframe. */
  #letInKeyframe(writer: UnitWriter): void {
    const newest = this.#source.liveKeyframe;
    const silent = performance.now() - this.#lastBackMs > letInAfterMs;
    if (silent && newest && newest.timeMs > (this.#inFlight.at(-1) ?? Infinity) && !this.#mayWrite(writer) && writer.takes) {
      this.#inFlight = [];
      this.#lastBackMs = performance.now();
      this.#reader.seekToNewestKeyframe();
    }
  }

  /** FFmpeg has all that it may have. Of what it leaves out on purpose it may have as much as lies between two pictures. */
  get #isFull(): boolean {
    const [oldest = 0] = this.#inFlight;
    const newest = this.#inFlight.at(-1) ?? 0;
    const { keyframesOnly = false, maxFps = Infinity } = this.#pace;
    const most = keyframesOnly ? inFlight.keyframes : inFlight.pictures;
    return this.#inFlight.length >= most && newest - oldest >= Math.max(inFlight.ms, 2_000 / maxFps);
  }

  #mayWrite(writer: UnitWriter): boolean {
    return writer.takes && !this.#isFull;
  }

  /** The next picture; the newest keyframe instead, where that is later and the feed has fallen behind. */
  #next(): AccessUnit | undefined {
    let unit = this.#reader.next();
    while (unit && this.#pace.keyframesOnly === true && !unit.keyframe) {
      unit = this.#reader.next();
    }
    const newest = this.#source.liveKeyframe;
    if (unit && newest && newest.timeMs > unit.timeMs && performance.now() - unit.timeMs > inFlight.ms) {
      this.#reader.seekToNewestKeyframe();
      return this.#reader.next();
    }
    return unit;
  }

  #write(writer: UnitWriter, unit: AccessUnit): void {
    if (unit.timeMs >= this.#presentMs || this.#inFlight.length === 0) {
      this.#inFlight.push(unit.timeMs);
    }
    writer.write(unit);
  }
}
