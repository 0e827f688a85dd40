import type { HardwarePreset } from '../ffmpeg/hardware/presets.js';

/** So long an FFmpeg may owe pictures: a GPU that answers at all answers soon, a small processor may need its time. In milliseconds. */
const patienceMs = { hardware: { first: 4_000, later: 1_500 }, software: { first: 10_000, later: 10_000 } } as const;
const lookEveryMs = 100;

/** Gives up an FFmpeg that owes pictures and gives none. */
export class StuckWatch implements Disposable {
  readonly #patience: { readonly first: number; readonly later: number };
  readonly #timer: NodeJS.Timeout;
  #owedSinceMs: number | undefined;
  #gave = false;

  /** @param owes whether it is FFmpeg's turn: it has all that it may have without giving anything back. */
  constructor({ name }: Pick<HardwarePreset, 'name'>, owes: () => boolean, giveUp: (because: string) => void) {
    this.#patience = name === 'software' ? patienceMs.software : patienceMs.hardware;
    this.#timer = setInterval(() => {
      // Once owed, only a picture shows that it works: what is let in meanwhile does not.
      this.#owedSinceMs ??= owes() ? performance.now() : undefined;
      const limitMs = this.#gave ? this.#patience.later : this.#patience.first;
      if (this.#owedSinceMs !== undefined && performance.now() - this.#owedSinceMs > limitMs) {
        clearInterval(this.#timer);
        giveUp(`FFmpeg gave no picture for ${limitMs / 1000} s`);
      }
    }, lookEveryMs);
  }

  /** A picture has come. */
  gave(): void {
    this.#gave = true;
    this.#owedSinceMs = undefined;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
