import type { Writable } from 'node:stream';

/** The width that everything is readable at. */
export const columns = 80;

export interface ScreenStreams {
  readonly out: Writable;
  readonly error: Writable & { readonly isTTY?: boolean };
}

/**
 * Results go to standard output, what is being done meanwhile to standard error: on a terminal as one line that is written over, else as
 * plain lines.
 */
export class Screen {
  readonly #streams: ScreenStreams;
  readonly #signal: AbortSignal;
  #statusShown = false;

  /** @param signal once it is aborted nothing is told any more: what was killed on the way is no result. */
  constructor(streams: ScreenStreams, signal: AbortSignal) {
    this.#streams = streams;
    this.#signal = signal;
  }

  /** A result: whole lines. */
  print(text: string): void {
    this.#clearStatus();
    this.#tell(this.#streams.out, `${text}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, undefined, 2));
  }

  /** What went wrong. */
  complain(text: string): void {
    this.#clearStatus();
    this.#tell(this.#streams.error, `${text}\n`);
  }

  /** What is being done now. */
  step(text: string): void {
    if (this.#streams.error.isTTY) {
      this.tick(text);
    } else {
      this.#tell(this.#streams.error, `${text}\n`);
    }
  }

  /** How far it is; only where that can take the place of what was said before. */
  tick(text: string): void {
    if (this.#streams.error.isTTY && !this.#signal.aborted) {
      this.#clearStatus();
      this.#streams.error.write(text.slice(0, columns - 1));
      this.#statusShown = true;
    }
  }

  /** Nothing is being done any more. */
  rest(): void {
    this.#clearStatus();
  }

  #tell(stream: Writable, text: string): void {
    if (!this.#signal.aborted) {
      stream.write(text);
    }
  }

  #clearStatus(): void {
    if (this.#statusShown) {
      this.#streams.error.write('\r\u001b[2K');
      this.#statusShown = false;
    }
  }
}
