const minuteMs = 60_000;

/** How many pictures were left out within the last minute. Pure; times in milliseconds of any clock. */
export class DropWatch {
  #total: number | undefined;
  #recent: { readonly atMs: number; readonly dropped: number }[] = [];

  /** @param total left out so far. Where it falls, what had counted some of them is gone. */
  lastMinute(total: number, atMs: number): number {
    const dropped = Math.max(0, total - (this.#total ?? total));
    this.#total = total;
    this.#recent = [...this.#recent.filter((each) => atMs - each.atMs < minuteMs), ...(dropped > 0 ? [{ atMs, dropped }] : [])];
    return this.#recent.reduce((sum, each) => sum + each.dropped, 0);
  }
}
