/** How fast the past goes out: four times the stream's rate, but not slower than this. */
export const catchUp = { timesStreamRate: 4, leastKbps: 8_000 } as const;

/** One tick of the 90 kHz RTP clock, in milliseconds: send times rise by at least this. */
const tickMs = 1 / 90;

/**
 * When each access unit of a view is to be sent, on the process's monotonic clock. A view begins with the newest keyframe,
 * which lies in the past; that backlog goes out at a bounded rate until it has caught up; from then on each unit is due at its
 * own time. RTP time is this planned time, so that a viewer who trusts the clock shows the backlog quickly too. Pure.
 */
export class SendSchedule {
  readonly #bytesPerMs: number;
  #previousMs = -Infinity;
  #freeAtMs: number;
  #catchingUp = true;

  /** @param streamKbps measured rate of the stream, 0 where it is not known yet. */
  constructor(startMs: number, streamKbps: number) {
    this.#bytesPerMs = Math.max(catchUp.timesStreamRate * streamKbps, catchUp.leastKbps) / 8;
    this.#freeAtMs = startMs;
  }

  /** False once the view has reached the present. */
  get catchingUp(): boolean {
    return this.#catchingUp;
  }

  /** The time at which a unit of `bytes` with the time `timeMs` is to be sent: strictly later than the one before. */
  plan(timeMs: number, bytes: number): number {
    if (this.#catchingUp && timeMs >= this.#freeAtMs) {
      this.#catchingUp = false;
    }
    const due = this.#catchingUp ? this.#freeAtMs : timeMs;
    const planned = Math.max(due, this.#previousMs + tickMs);
    this.#previousMs = planned;
    if (this.#catchingUp) {
      this.#freeAtMs = planned + bytes / this.#bytesPerMs;
    }
    return planned;
  }

  /** Begins to catch up anew, at another point of the stream or in another stream; time goes on. */
  restart(nowMs: number): void {
    this.#freeAtMs = Math.max(nowMs, this.#previousMs + tickMs);
    this.#catchingUp = true;
  }
}
