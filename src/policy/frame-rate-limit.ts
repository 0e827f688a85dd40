/** A picture this share of a step early is in time: cameras are not exact. */
const early = 0.1;

/**
 * Lets a picture pass when the next one is due, and the one after is due a step later, so that of 30 pictures 24 pass where 24 are
 * wanted. After a gap no more than one is made up for. The same rule as the `select` filter of the decoder.
 */
export class FrameRateLimit {
  readonly #stepMs: number;
  #dueMs = -Infinity;

  /** @param fps undefined: every picture passes. */
  constructor(fps: number | undefined) {
    this.#stepMs = fps === undefined ? 0 : 1000 / fps;
  }

  /** Whether the picture of this time passes; times rise. */
  passes(timeMs: number): boolean {
    if (timeMs + this.#stepMs * early < this.#dueMs) {
      return false;
    }
    this.#dueMs = Math.max(this.#dueMs + this.#stepMs, timeMs);
    return true;
  }
}
