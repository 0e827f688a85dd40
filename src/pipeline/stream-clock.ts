/** Start values of the clock; times in milliseconds. */
const rule = {
  /** Pictures that arrive within so long of the first one are one burst, and the latest of it tells where the present is. */
  settleMs: 100,
  /** A stream time further off than this is a jump of the camera's clock, not drift. */
  jumpMs: 1_000,
  /** Drift is looked at over windows of this length... */
  windowMs: 10_000,
  /** ...and made up for by at most so much a window: one part in a thousand, ten times what a bad quartz drifts. */
  slewMs: 10,
} as const;

/**
 * Puts a stream's own times on this process's monotonic clock. Anchored once per connection, to the pictures that came with the
 * least delay, so that intervals stay those of the camera; drift between the two quartz clocks is made up for imperceptibly.
 */
export class StreamClock {
  /** Process time minus stream time. */
  #offsetMs: number | undefined;
  #firstArrivalMs = 0;
  #windowStartMs = 0;
  #leastLatenessMs = Infinity;

  /** False for the first moments of a connection, when a burst from the past may still be coming. */
  settled(nowMs: number): boolean {
    return this.#offsetMs !== undefined && nowMs - this.#firstArrivalMs >= rule.settleMs;
  }

  /** How long until `settled`. */
  get settleMs(): number {
    return rule.settleMs;
  }

  /** Notes that a picture with this stream time has arrived. */
  observe(streamMs: number, arrivalMs: number): void {
    const latenessMs = arrivalMs - streamMs - (this.#offsetMs ?? Infinity);
    if (this.#offsetMs === undefined) {
      this.#offsetMs = arrivalMs - streamMs;
      this.#firstArrivalMs = arrivalMs;
      this.#startWindow(arrivalMs);
      return;
    }
    if (Math.abs(latenessMs) > rule.jumpMs && this.settled(arrivalMs)) {
      this.#offsetMs = arrivalMs - streamMs;
      this.#startWindow(arrivalMs);
      return;
    }
    if (latenessMs < 0) {
      // Earlier than any before: nothing arrives before it was taken, so the anchor was late.
      this.#offsetMs += latenessMs;
      this.#startWindow(arrivalMs);
      return;
    }
    this.#leastLatenessMs = Math.min(this.#leastLatenessMs, latenessMs);
    if (arrivalMs - this.#windowStartMs >= rule.windowMs) {
      this.#offsetMs += Math.min(this.#leastLatenessMs, rule.slewMs);
      this.#startWindow(arrivalMs);
    }
  }

  /** The process time of a stream time; only after `observe`. */
  toProcessMs(streamMs: number): number {
    return streamMs + (this.#offsetMs ?? 0);
  }

  #startWindow(arrivalMs: number): void {
    this.#windowStartMs = arrivalMs;
    this.#leastLatenessMs = Infinity;
  }
}
