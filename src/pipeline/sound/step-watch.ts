/**
 * A packet begins where the one before ends: the step between their times is as long as that one. Where most steps are out of these
 * bounds (as shares of that length), the times are wrong. One that follows lost or unsent sound is longer, and some jitter by half.
 */
const believed = { least: 0.6, most: 2.5 } as const;
/** Judged over so much sound, and so many packets. */
const window = { soundMs: 1_000, packets: 8 } as const;

/** Sees that the times of a sound do not go on as its packets last: they stand still, or run at another pace, as by a broken clock of the camera. */
export class StepWatch {
  #goesWrong = false;
  #last: { readonly streamMs: number; readonly durationMs: number } | undefined;
  #soundMs = 0;
  #packets = 0;
  #wrong = 0;

  get goesWrong(): boolean {
    return this.#goesWrong;
  }

  /** Notes the time of the next packet, and how long it lasts by what it holds. */
  observe(streamMs: number, durationMs: number): void {
    if (this.#last) {
      const share = (streamMs - this.#last.streamMs) / this.#last.durationMs;
      this.#wrong += share < believed.least || share > believed.most ? 1 : 0;
      this.#packets += 1;
      this.#soundMs += this.#last.durationMs;
    }
    this.#last = { streamMs, durationMs };
    if (this.#soundMs >= window.soundMs && this.#packets >= window.packets) {
      this.#goesWrong = this.#wrong > this.#packets / 2;
      this.#soundMs = this.#packets = this.#wrong = 0;
    }
  }
}
