import type { Timers } from '../../src/timers.js';

/** Timers that run when told to. */
export class FakeTimers implements Timers {
  #nowMs = 0;
  #entries: { readonly atMs: number; readonly callback: () => void }[] = [];

  /** How many are set. */
  get pending(): number {
    return this.#entries.length;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const entry = { atMs: this.#nowMs + ms, callback };
    this.#entries.push(entry);
    return entry;
  }

  clearTimeout(handle: unknown): void {
    this.#entries = this.#entries.filter((entry) => entry !== handle);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#entries.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#entries = this.#entries.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { callback } of due) {
      callback();
    }
  }
}
