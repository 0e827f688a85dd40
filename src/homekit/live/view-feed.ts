import type { AccessUnit } from '../../media/access-unit.js';
import type { PacketReader } from '../../pipeline/packet-reader.js';
import type { PacketStream } from '../../pipeline/packet-stream.js';
import { SendSchedule } from '../../policy/send-schedule.js';

/** A viewer that lost the picture gets it anew, but not more often than this. */
const repeatEveryMs = 2_000;
/** Timers are no finer than this; what is due so soon is sent now. */
const timerMs = 0.5;

export interface ViewFeedOptions {
  readonly packets: PacketStream;
  /** Asked before each picture; false ends the feeding from this stream (the owner follows another). */
  readonly admit: (unit: AccessUnit) => boolean;
  readonly send: (unit: AccessUnit, plannedMs: number) => void;
}

/** Walks one viewer through a PacketStream: the newest keyframe at once, then quickly up to the present, then as it comes. */
export class ViewFeed implements Disposable {
  readonly #options: ViewFeedOptions;
  readonly #schedule: SendSchedule;
  readonly #reader: PacketReader;
  #held: { readonly unit: AccessUnit; readonly plannedMs: number; readonly timer: NodeJS.Timeout } | undefined;
  #lastRepeatMs = -Infinity;
  #pumping = false;
  #closed = false;

  /** @param schedule of an earlier feed of the same view, so that RTP time goes on. */
  constructor(options: ViewFeedOptions, nowMs: number, schedule?: SendSchedule) {
    this.#options = options;
    this.#schedule = schedule ?? new SendSchedule(nowMs, options.packets.measure()?.bitrateKbps ?? 0);
    schedule?.restart(nowMs);
    this.#reader = options.packets.read(() => this.#pump());
    this.#reader.seekToNewestKeyframe();
  }

  get schedule(): SendSchedule {
    return this.#schedule;
  }

  /** Pictures that this viewer missed because it was too slow. */
  get lost(): number {
    return this.#reader.lost;
  }

  start(): void {
    this.#pump();
  }

  /** The viewer asks for a keyframe (PLI, FIR): begins again at the newest one. */
  repeatFromKeyframe(nowMs: number): void {
    if (this.#closed || nowMs - this.#lastRepeatMs < repeatEveryMs) {
      return;
    }
    this.#lastRepeatMs = nowMs;
    this.#dropHeld();
    this.#reader.seekToNewestKeyframe();
    this.#schedule.restart(nowMs);
    this.#pump();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#dropHeld();
    this.#reader[Symbol.dispose]();
  }

  #pump(): void {
    if (this.#held || this.#pumping) {
      return;
    }
    this.#pumping = true;
    while (!this.#closed) {
      const unit = this.#reader.next();
      if (!unit || !this.#options.admit(unit) || this.#hasEnded()) {
        break; // Admitting may have moved the view to another source.
      }
      const plannedMs = this.#schedule.plan(unit.timeMs, unit.data.length);
      const waitMs = plannedMs - performance.now();
      if (waitMs > timerMs) {
        this.#held = { unit, plannedMs, timer: setTimeout(() => this.#sendHeld(), waitMs) };
        break;
      }
      this.#options.send(unit, plannedMs);
    }
    this.#pumping = false;
  }

  #hasEnded(): boolean {
    return this.#closed;
  }

  #sendHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) {
      this.#options.send(held.unit, held.plannedMs);
    }
    this.#pump();
  }

  #dropHeld(): void {
    clearTimeout(this.#held?.timer);
    this.#held = undefined;
  }
}
