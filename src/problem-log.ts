import type { Problem, ProblemCode } from './problems.js';

/** What we need of Homebridge's log. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  debug(message: string): void;
}

/** The same cause is not told again for so long, even when it was solved in between. */
const repeatAfterMs = 10 * 60_000;

/** Tells the person at home what is wrong: once per cause, and when it is over. One for each camera. */
export class ProblemLog {
  readonly #name: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #lastTold = new Map<ProblemCode, number>();
  #current: { readonly problem: Problem; readonly sinceMs: number; readonly told: boolean } | undefined;

  constructor(name: string, log: Log, now: () => number = () => performance.now()) {
    this.#name = name;
    this.#log = log;
    this.#now = now;
  }

  /** What is wrong at present and since when (process clock). */
  get current(): { readonly problem: Problem; readonly sinceMs: number } | undefined {
    return this.#current;
  }

  report(problem: Problem): void {
    const now = this.#now();
    if (this.#current?.problem.code === problem.code) {
      return;
    }
    const last = this.#lastTold.get(problem.code);
    const tell = last === undefined || now - last >= repeatAfterMs;
    if (tell) {
      this.#lastTold.set(problem.code, now);
      this.#log.warn(`${this.#name}: ${problem.line}`);
    }
    this.#current = { problem, sinceMs: this.#current?.sinceMs ?? now, told: tell || this.#current?.told === true };
  }

  /** The present problem is over; `how` completes "<camera>: ". */
  solved(how: string): void {
    const current = this.#current;
    this.#current = undefined;
    if (current?.told) {
      this.#log.info(`${this.#name}: ${how} after ${duration(this.#now() - current.sinceMs)}.`);
    }
  }
}

/** '45 s', '12 min', '3 h'. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) {
    return `${seconds} s`;
  }
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
