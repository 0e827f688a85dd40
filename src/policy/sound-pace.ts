/** How late after its time sound is sent may grow at once, and shrinks by so much a second where it could come earlier. */
const shrinkMsPerSecond = 50;
/** An encoder that has just been started is late for a moment, which is no measure. */
const runInMs = 500;
/** What is later than this does not hold up what follows. A microphone may be a second behind the picture (`SoundTimes`). */
const mostDelayMs = 1_200;

/** Sound that is older is of no use to a live view any more, in milliseconds. */
export const staleSoundMs = 1_500;

/**
 * When packets of sound are to be sent that come in bunches: each as long after its time as the latest of late, so that they are evenly
 * apart and a receiver need not wait for bunches. Pure.
 */
export class SoundPace {
  #delayMs = 0;
  #firstMs: number | undefined;
  #lastMs: number | undefined;

  /** @param timeMs when the packet's sound begins. @returns when to send it, not before `nowMs`. */
  dueMs(timeMs: number, nowMs: number): number {
    this.#firstMs ??= nowMs;
    if (nowMs - this.#firstMs < runInMs) {
      return nowMs;
    }
    const shrunk = this.#delayMs - ((nowMs - (this.#lastMs ?? nowMs)) / 1000) * shrinkMsPerSecond;
    this.#lastMs = nowMs;
    this.#delayMs = Math.min(Math.max(shrunk, nowMs - timeMs), mostDelayMs);
    return Math.max(nowMs, timeMs + this.#delayMs);
  }
}
