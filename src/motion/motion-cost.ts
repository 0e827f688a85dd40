/** What the detection of motion costs for one camera. */
export interface MotionCost {
  readonly pictures: number;
  /** Pictures that the thread had no time for, or was not there for. */
  readonly dropped: number;
  /** Processor time, all in all. */
  readonly cpuMs: number;
  /** Of one core, over the last ten seconds. */
  readonly cpuPercent: number;
  /** Per picture, over the same time. */
  readonly averageMs: number;
}

const windowMs = 10_000;

/** Adds up what each picture cost. Times on the process clock. */
export class CostCount {
  readonly #sinceMs: number;
  readonly #now: () => number;
  #recent: { readonly atMs: number; readonly cpuMs: number }[] = [];
  #pictures = 0;
  #dropped = 0;
  #cpuMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#sinceMs = now();
  }

  add(cpuMs: number): void {
    this.#pictures += 1;
    this.#cpuMs += cpuMs;
    this.#forgetOld();
    this.#recent.push({ atMs: this.#now(), cpuMs });
  }

  drop(): void {
    this.#dropped += 1;
  }

  get value(): MotionCost {
    this.#forgetOld();
    const cpuMs = this.#recent.reduce((sum, each) => sum + each.cpuMs, 0);
    const overMs = Math.min(windowMs, Math.max(1, this.#now() - this.#sinceMs));
    return {
      pictures: this.#pictures,
      dropped: this.#dropped,
      cpuMs: this.#cpuMs,
      cpuPercent: (100 * cpuMs) / overMs,
      averageMs: cpuMs / Math.max(1, this.#recent.length),
    };
  }

  #forgetOld(): void {
    const oldestMs = this.#now() - windowMs;
    const kept = this.#recent.findIndex(({ atMs }) => atMs > oldestMs);
    this.#recent.splice(0, kept < 0 ? this.#recent.length : kept);
  }
}
