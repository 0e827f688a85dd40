/** The period is counted in so many parts, and forgotten part by part. */
const parts = 60;

/** How often something happened, in all and lately. Takes the same memory however often that is. */
export class RecentCount {
  readonly #partMs: number;
  readonly #now: () => number;
  /** How often in each part, by its number since the clock began. */
  readonly #counts = new Map<number, number>();
  #total = 0;

  /** @param withinMs how long "lately" is. */
  constructor(withinMs: number, now: () => number = () => performance.now()) {
    this.#partMs = withinMs / parts;
    this.#now = now;
  }

  add(times = 1): void {
    const part = this.#forgetOld();
    this.#total += times;
    this.#counts.set(part, (this.#counts.get(part) ?? 0) + times);
  }

  get total(): number {
    return this.#total;
  }

  get recent(): number {
    this.#forgetOld();
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** @returns the present part. */
  #forgetOld(): number {
    const present = Math.floor(this.#now() / this.#partMs);
    for (const part of this.#counts.keys()) {
      if (part <= present - parts) {
        this.#counts.delete(part);
      }
    }
    return present;
  }
}
