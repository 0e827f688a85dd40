import { styleText } from 'node:util';
import type { WriteStream } from 'node:tty';

/** How a piece of text looks on a terminal. */
export type Style = Parameters<typeof styleText>[0];

/** A camera's status: what is the case, and figures that always change a little (empty where there are none). */
export interface CameraStatus {
  /** All is well. */
  readonly good: boolean;
  readonly facts: readonly string[];
  readonly figures: string;
}

const plainEveryMs = 10_000;

/** What the person sees: text that stays and, below it, a status that is refreshed in place where this is a terminal. */
export class Screen {
  readonly #out: WriteStream;
  readonly #colours: boolean;
  #status: readonly string[] = [];
  #plain: { readonly text: string; readonly atMs: number } | undefined;

  constructor(out: WriteStream) {
    this.#out = out;
    this.#colours = out.isTTY && process.env.NO_COLOR === undefined;
  }

  /** Colours, where there are any. */
  paint(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Text that stays. */
  say(text = ''): void {
    this.#erase();
    this.#out.write(`${text}\n`);
    this.#draw();
  }

  /** Shows the status of a camera: at once on a terminal; else as a line of its own, on change and every 10 s. */
  status({ good, facts, figures }: CameraStatus, nowMs: number): void {
    if (this.#out.isTTY) {
      this.#erase();
      // Longer lines would wrap, and the way back up would be wrong.
      const width = Math.max(20, (this.#out.columns || 80) - 3); // Some terminals say 0.
      const mark = this.paint(good ? 'green' : 'yellow', '●');
      this.#status = [...facts, figures].filter((line) => line !== '').map((line, index) => `${index === 0 ? mark : ' '} ${line.slice(0, width)}`);
      this.#draw();
      return;
    }
    const text = facts.join(', ');
    if (this.#plain?.text !== text || nowMs - this.#plain.atMs >= plainEveryMs) {
      this.#plain = { text, atMs: nowMs };
      this.#out.write(`${figures === '' ? text : `${text}, ${figures}`}\n`);
    }
  }

  /** What the status shows now stays; what is said from now on comes below it. */
  leaveStatus(): void {
    this.#status = [];
    if (this.#out.isTTY) {
      this.#out.write('\r\x1b[J'); // The ^C that the terminal shows.
    }
  }

  #erase(): void {
    if (this.#status.length > 0) {
      this.#out.write(`\r\x1b[${this.#status.length + 1}A\x1b[J`);
    }
  }

  #draw(): void {
    if (this.#status.length > 0) {
      this.#out.write(`\n${this.#status.join('\n')}\n`);
    }
  }
}
