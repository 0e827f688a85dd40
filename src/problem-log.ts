import type { Problem } from './problems.js';

/** What we need of Homebridge's log. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  debug(message: string): void;
}

/** The same cause is not told again for so long, even when it was solved in between. */
const repeatAfterMs = 10 * 60_000;

/** What is going on with one part of a camera: a stream. */
interface Outage {
  readonly problem: Problem;
  /** When the first problem of this outage was met, process clock. */
  readonly sinceMs: number;
  readonly told: boolean;
}

/** Tells the person at home what is wrong with a camera: once per cause, and when it is over. */
export class ProblemLog {
  readonly #name: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #lastTold = new Map<string, number>();
  readonly #outages = new Map<string, Outage>();

  constructor(name: string, log: Log, now: () => number = () => performance.now()) {
    this.#name = name;
    this.#log = log;
    this.#now = now;
  }

  /** What is wrong with this part at present, and since when (process clock). */
  outage(part: string): { readonly problem: Problem; readonly sinceMs: number } | undefined {
    return this.#outages.get(part);
  }

  /** Something went wrong once. The same cause is not told again for ten minutes; `cause` tells several of one code apart. */
  tell(problem: Problem, cause = ''): boolean {
    return this.#tell(problem, `${problem.code} ${cause}`);
  }

  /** A part of the camera (a stream) does not work, since just now unless told otherwise (process clock); lasts until `solved`. */
  report(part: string, problem: Problem, sinceMs: number = this.#now()): void {
    const before = this.#outages.get(part);
    if (before?.problem.code === problem.code) {
      return;
    }
    const told = this.#tell(problem, `${part} ${problem.code}`);
    this.#outages.set(part, { problem, sinceMs: before?.sinceMs ?? sinceMs, told: told || before?.told === true });
  }

  /** The part works again; `how` completes "<camera>: ". */
  solved(part: string, how: string): void {
    const outage = this.#outages.get(part);
    this.#outages.delete(part);
    if (outage?.told) {
      this.#log.info(`${this.#name}: ${how} after ${duration(this.#now() - outage.sinceMs)}.`);
    }
  }

  #tell(problem: Problem, cause: string): boolean {
    const now = this.#now();
    const last = this.#lastTold.get(cause);
    if (last !== undefined && now - last < repeatAfterMs) {
      return false;
    }
    this.#lastTold.set(cause, now);
    this.#log.warn(`${this.#name}: ${problem.line}`);
    return true;
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
