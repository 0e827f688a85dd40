import { stripVTControlCharacters } from 'node:util';
import type { Readable } from 'node:stream';

interface Waiter {
  readonly pattern: RegExp;
  readonly resolve: (line: string) => void;
}

/** Keeps what a process prints, line by line and without colours, and waits for lines. */
export class LogCapture {
  readonly lines: string[] = [];
  private readonly waiters = new Set<Waiter>();

  /** Takes every line of a stream, also the last one without a line end. */
  follow(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        this.add(part);
      }
    });
    stream.on('end', () => {
      if (rest !== '') {
        this.add(rest);
      }
    });
  }

  /** The first line that matches, from line `from` on, now or within `timeoutMs`; `undefined` when none came. */
  async waitFor(pattern: RegExp, timeoutMs: number, from = 0): Promise<string | undefined> {
    const past = this.lines.slice(from).find((line) => pattern.test(line));
    if (past !== undefined) {
      return past;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        resolve(undefined);
      }, timeoutMs);
      const waiter: Waiter = {
        pattern,
        resolve: (line) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(line);
        },
      };
      this.waiters.add(waiter);
    });
  }

  private add(raw: string): void {
    const line = stripVTControlCharacters(raw).trimEnd();
    this.lines.push(line);
    for (const waiter of this.waiters) {
      if (waiter.pattern.test(line)) {
        waiter.resolve(line);
      }
    }
  }
}
