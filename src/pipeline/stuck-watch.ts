import type { HardwarePreset } from '../ffmpeg/hardware/presets.js';

/** So long an FFmpeg may owe pictures: a GPU that answers at all answers soon, a small processor may need its time. In milliseconds. */
const patienceMs = { hardware: { first: 4_000, later: 1_500 }, software: { first: 10_000, later: 10_000 } } as const;
const lookEveryMs = 100;

/**
 * What FFmpeg has to do next. `pictures`: it has all that it may have without giving anything back. `input`: it has not taken yet
 * what was written; taking it is a sign of life too.
 */
export type Owed = 'pictures' | 'input' | undefined;

/** Gives up an FFmpeg that owes something and does nothing. */
export class StuckWatch implements Disposable {
  readonly #patience: { readonly first: number; readonly later: number };
  readonly #timer: NodeJS.Timeout;
  #owed: { readonly what: Exclude<Owed, undefined>; forMs: number; readonly written: number } | undefined;
  #lookedMs = performance.now();
  #gave = false;

  /** @param written counts what has been written: where that rises, input was taken. */
  constructor({ name }: Pick<HardwarePreset, 'name'>, owes: () => Owed, written: () => number, giveUp: (because: string) => void) {
    this.#patience = name === 'software' ? patienceMs.software : patienceMs.hardware;
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      // When this process itself stood still, FFmpeg could not show anything.
      const passedMs = Math.min(nowMs - this.#lookedMs, lookEveryMs * 2);
      this.#lookedMs = nowMs;
      // Once pictures are owed, only a picture shows that it works: what is let in meanwhile does not.
      if (this.#owed?.what !== 'pictures') {
        const what = owes();
        const goesOn = what === this.#owed?.what && written() === this.#owed?.written;
        this.#owed = goesOn ? this.#owed : what && { what, forMs: 0, written: written() };
      }
      const limitMs = this.#gave ? this.#patience.later : this.#patience.first;
      if (this.#owed) {
        this.#owed.forMs += passedMs;
      }
      if (this.#owed && this.#owed.forMs > limitMs) {
        clearInterval(this.#timer);
        giveUp(`FFmpeg gave no picture for ${limitMs / 1000} s`);
      }
    }, lookEveryMs);
  }

  /** A picture has come. */
  gave(): void {
    this.#gave = true;
    this.#owed = undefined;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
