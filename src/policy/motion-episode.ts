/** Motion of less than this share of the shortest duration is forgotten as fast as it came; see `after`. */
const forgetting = 0.5;
/** Quiet for so long, and the next motion has to last anew. */
const overAfterMs = 1_000;

/** Whether something moves for long enough to count. Pure; times in milliseconds of any clock. */
export class MotionEpisode {
  readonly #minDurationMs: number;
  #last: { readonly timeMs: number; readonly moving: boolean } | undefined;
  /** The distances of the last two pictures; where one is missing, the other still tells how often they come. */
  #gapMs = 0;
  #gapBeforeMs = 0;
  /** How long something has moved; a quiet picture takes some of it back. */
  #movedMs = 0;
  #quietSinceMs: number | undefined;
  #counts = false;

  constructor(minDurationMs: number) {
    this.#minDurationMs = minDurationMs;
  }

  /**
   * Takes the verdict on one more picture; times rise. Where pictures are further apart than the shortest duration, one with motion is enough.
   * @returns whether it counts as motion now.
   */
  after({ timeMs, moving }: { readonly timeMs: number; readonly moving: boolean }): boolean {
    const before = this.#last;
    this.#last = { timeMs, moving };
    this.#gapBeforeMs = this.#gapMs;
    this.#gapMs = before ? Math.max(0, timeMs - before.timeMs) : 0;
    if (!moving) {
      this.#rest(timeMs);
      return false;
    }
    this.#quietSinceMs = undefined;
    // It may have begun just now: the time before the first moving picture does not count.
    this.#movedMs += before?.moving === true || this.#movedMs > 0 ? this.#gapMs : 0;
    const usualGapMs = Math.min(this.#gapMs, this.#gapBeforeMs);
    this.#counts ||= this.#movedMs >= this.#minDurationMs || usualGapMs >= this.#minDurationMs;
    return this.#counts;
  }

  #rest(timeMs: number): void {
    this.#quietSinceMs ??= timeMs;
    this.#movedMs = Math.max(0, this.#movedMs - this.#gapMs * forgetting);
    if (timeMs - this.#quietSinceMs >= overAfterMs) {
      this.#movedMs = 0;
      this.#counts = false;
    }
  }
}
