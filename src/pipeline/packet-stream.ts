import type { AccessUnit, VideoFormat } from '../media/access-unit.js';
import { KeyframeWatch } from '../media/keyframe-watch.js';
import { beginsOpenGop } from '../media/nal.js';
import { measureUnits, type StreamMeasure } from '../media/stream-measure.js';
import { PacketReader } from './packet-reader.js';

/** Bounds of the ring. Whole GOPs are kept; the oldest goes when the rest still reaches `pastMs` back, or the bytes run out. */
export const ringLimits = { pastMs: 10_000, bytes: 32 * 1024 * 1024 } as const;
/** The past of a ring that is shortened: its newest GOP, and so much that who looks only now and then, such as a recording, misses nothing. */
const shortPastMs = 1_000;
/** So many tell whether all are IDR pictures. Not only the newest: where IDR pictures are rare, the answer would change again and again. */
const newestKeyframes = 2;

/** A keyframe and what depends on it, up to the next keyframe. */
interface Gop {
  /** Number of `units[0]`; all units ever published are counted. */
  first: number;
  units: AccessUnit[];
  bytes: number;
  /** False where the beginning had to go: one endless GOP must not grow without bound. Nobody can start here. */
  whole: boolean;
}

export interface PacketStreamEvents {
  /** The stream's format is known or has changed, seen at a keyframe. */
  onFormat?: (format: VideoFormat) => void;
  /** The first keyframe of a connection is there. */
  onFlowing?: () => void;
}

/**
 * Anything encoded: a camera's stream or an encoder's output. Keeps whole GOPs in memory and lets any number of readers walk
 * through them. Readers hold a position, not a queue: a slow one costs nothing, and loses what the ring has dropped.
 */
export class PacketStream {
  /** Told when somebody begins to read; set by the source, which may take its time until then. */
  onRead: () => void = () => undefined;
  readonly #events: PacketStreamEvents;
  readonly #limits: { readonly pastMs: number; readonly bytes: number };
  readonly #readers = new Set<PacketReader>();
  #gops: Gop[] = [];
  #bytes = 0;
  #next = 0;
  #flowing = false;
  #format: VideoFormat | undefined;
  #lastKeyframe: AccessUnit | undefined;
  #shortened = false;
  #shortPastMs: number | undefined;
  #lost = 0;
  /** What the present connection was measured to be when the ring gave its past away. */
  #measuredBefore: StreamMeasure | undefined;
  /** Units before this number belong to an earlier connection: past, but not a beginning for a live view. */
  #connectionFirst = 0;
  readonly #keyframes = new KeyframeWatch();

  constructor(events: PacketStreamEvents = {}, limits: { pastMs: number; bytes: number } = ringLimits) {
    this.#events = events;
    this.#limits = limits;
  }

  /** Whether a source is connected and has delivered since. */
  get flowing(): boolean {
    return this.#flowing;
  }

  get format(): VideoFormat | undefined {
    return this.#format;
  }

  /** Bytes of pictures held in the ring. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the newest keyframe and what follows it. */
  get newestGopBytes(): number {
    return this.#gops.at(-1)?.bytes ?? 0;
  }

  /** While set, hardly a past is kept: the newest GOP, and the one before until that is a second old. */
  set shortened(shortened: boolean) {
    this.#shortened = shortened;
    this.#trim(this.#gops.at(-1)?.units.at(-1)?.timeMs ?? 0);
  }

  get shortened(): boolean {
    return this.#shortened;
  }

  /** How far the past reaches where the bytes do not suffice for all of it, as seen last; undefined where they do. */
  get shortPastMs(): number | undefined {
    return this.#shortPastMs;
  }

  /** Units that were dropped before their readers came to them, all readers together. */
  get lost(): number {
    return this.#lost;
  }

  /** @internal A reader has lost so many. */
  countLost(units: number): void {
    this.#lost += units;
  }

  /** From the oldest picture that is kept to the newest, in milliseconds. */
  get reachMs(): number {
    return (this.#gops.at(-1)?.units.at(-1)?.timeMs ?? 0) - (this.#gops.find(({ units }) => units.length > 0)?.units[0]?.timeMs ?? 0);
  }

  /** Units published since the beginning. */
  get published(): number {
    return this.#next;
  }

  /** The newest keyframe ever seen, also after the ring was cleared: what a last good picture is made from. */
  get lastKeyframe(): AccessUnit | undefined {
    return this.#lastKeyframe;
  }

  /** The newest keyframe of the present connection; undefined while there is none. */
  get liveKeyframe(): AccessUnit | undefined {
    return this.#newestGop()?.units[0];
  }

  /** Whether one of the newest keyframes of the present connection is one that not every viewer can begin with. */
  get openGop(): boolean {
    return this.#gops.slice(-newestKeyframes).some(({ first, units: [keyframe] }) => first >= this.#connectionFirst && keyframe?.keyframe === true && beginsOpenGop(keyframe.format.codec, keyframe.data));
  }

  /** From the newest keyframe to the newest picture of the present connection, in milliseconds. */
  get gopMs(): number {
    const gop = this.#newestGop();
    return (gop?.units.at(-1)?.decodeTimeMs ?? 0) - (gop?.units[0]?.decodeTimeMs ?? 0);
  }

  /** Takes a unit from the source. Units before the first keyframe are of no use to anyone and dropped. */
  publish(published: AccessUnit): void {
    const unit = this.#keyframes.judged(published);
    if (unit.keyframe) {
      this.#beginGop(unit);
    }
    const gop = this.#gops.at(-1);
    if (!gop || gop.first < this.#connectionFirst) {
      return;
    }
    gop.units.push(unit);
    gop.bytes += unit.data.length;
    this.#bytes += unit.data.length;
    this.#next += 1;
    if (!this.#flowing) {
      this.#flowing = true;
      this.#events.onFlowing?.();
    }
    for (const reader of this.#readers) {
      reader.wake();
    }
    this.#trim(unit.timeMs);
  }

  /** The source is gone, or another begins: what comes next starts at a keyframe, and nobody starts with what lies before. */
  interrupt(): void {
    this.#flowing = false;
    this.#connectionFirst = this.#next;
    this.#keyframes.reset();
    this.#measuredBefore = undefined;
  }

  /** As if nothing had ever been seen. */
  forget(): void {
    this.clear();
    this.#lastKeyframe = undefined;
    this.#shortPastMs = undefined;
  }

  /** Frees the ring; the last keyframe stays. */
  clear(): void {
    this.interrupt();
    this.#gops = [];
    this.#bytes = 0;
  }

  /** Measured over what is in the ring of the present connection, or was until it was shortened; undefined until there is enough of it. */
  measure(): StreamMeasure | undefined {
    const measured = measureUnits(this.#gops.filter((gop) => gop.first >= this.#connectionFirst).map((gop) => gop.units));
    return measured?.keyframeIntervalMs === undefined ? (this.#measuredBefore ?? measured) : measured;
  }

  /** A new reader, which waits for the next unit until it is told where to start. `wake` is called on each new unit. */
  read(wake: () => void): PacketReader {
    const reader: PacketReader = new PacketReader(this, wake, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    this.onRead();
    return reader;
  }

  /** Readers that want each unit as soon as it is there. */
  get readers(): number {
    return this.#readers.size;
  }

  /** A reader that looks by itself now and then: it is not told of new units, and the source need not hurry for it. */
  readAtLeisure(): PacketReader {
    return new PacketReader(
      this,
      () => undefined,
      () => undefined,
    );
  }

  /**
   * Number of the newest keyframe that is not later than `timeMs`; where there is none so early, of the oldest one. Only of the
   * present connection, and with the same format up to now. The next unit's number where there is no keyframe at all.
   */
  startBefore(timeMs: number): number {
    const { format } = this.#gops.at(-1)?.units[0] ?? {};
    let start = this.#next;
    for (const gop of this.#gops.toReversed()) {
      const keyframe = gop.units[0];
      if (!gop.whole || gop.first < this.#connectionFirst || keyframe?.format !== format) {
        break;
      }
      start = gop.first;
      if (keyframe && keyframe.decodeTimeMs <= timeMs) {
        break;
      }
    }
    return start;
  }

  /** @internal Number of the present connection's first unit. */
  get connectionFirst(): number {
    return this.#connectionFirst;
  }

  /** Number of the newest keyframe that a live reader may start with, or of the next unit where there is none. */
  newestStart(): number {
    return this.#newestGop()?.first ?? this.#next;
  }

  /** @internal The unit with this number; for a number that was dropped, the next keyframe still there. */
  at(number: number): { readonly unit: AccessUnit; readonly number: number } | undefined {
    for (let index = this.#gops.length - 1; index >= 0; index--) {
      const gop = this.#gops[index];
      const unit = gop?.units[number - gop.first];
      if (gop && unit) {
        return { unit, number };
      }
      if (gop && number >= gop.first) {
        return undefined;
      }
    }
    const oldest = this.#gops.find((gop) => gop.whole);
    const unit = oldest?.units[0];
    return oldest && unit ? { unit, number: oldest.first } : undefined;
  }

  #newestGop(): Gop | undefined {
    const gop = this.#gops.at(-1);
    return gop?.whole && gop.first >= this.#connectionFirst ? gop : undefined;
  }

  #beginGop(keyframe: AccessUnit): void {
    this.#gops.push({ first: this.#next, units: [], bytes: 0, whole: true });
    this.#lastKeyframe = keyframe;
    if (keyframe.format !== this.#format) {
      this.#format = keyframe.format;
      this.#events.onFormat?.(keyframe.format);
    }
  }

  #trim(nowMs: number): void {
    const pastMs = this.#shortened ? shortPastMs : this.#limits.pastMs;
    for (;;) {
      const [oldest, second] = this.#gops;
      const reachesMs = nowMs - (second?.units[0]?.timeMs ?? nowMs);
      const tooLarge = this.#bytes > this.#limits.bytes;
      if (!oldest || (reachesMs < pastMs && !tooLarge)) {
        return;
      }
      if (this.#shortened) {
        this.#measuredBefore = this.measure();
      } else {
        this.#shortPastMs = reachesMs < pastMs ? reachesMs : undefined;
      }
      this.#bytes -= oldest.bytes;
      if (second) {
        this.#gops.shift();
      } else {
        // Who reads along has what went; who wants to start waits for the next keyframe.
        Object.assign(oldest, { first: this.#next, units: [], bytes: 0, whole: false });
      }
    }
  }
}
