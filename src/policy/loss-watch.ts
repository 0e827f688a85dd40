/** Loss that lasts: more than this share of the packets, on average over so long. */
export const sustainedLoss = { share: 0.05, forMs: 5_000 } as const;

/** Until so much of the time has been reported on, nothing is concluded. */
const coveredShare = 0.9;

/** Watches the receiver reports of one view. Pure; times in milliseconds of any clock. */
export class LossWatch {
  /** `forMs`: since the report before, which its share is about. */
  #reports: { readonly atMs: number; readonly forMs: number; readonly share: number }[] = [];
  #lastMs: number | undefined;

  /**
   * Takes a report (RFC 3550 6.4.1: the share of packets lost since the one before).
   * @returns whether packets have been lost for long enough to do something; it then begins anew.
   */
  hear(share: number, atMs: number): boolean {
    const forMs = this.#lastMs === undefined ? 0 : atMs - this.#lastMs;
    this.#lastMs = atMs;
    this.#reports = [...this.#reports.filter((report) => atMs - report.atMs < sustainedLoss.forMs), { atMs, forMs, share }];
    const coveredMs = this.#reports.reduce((sum, report) => sum + report.forMs, 0);
    const average = this.#reports.reduce((sum, report) => sum + report.share * report.forMs, 0) / Math.max(coveredMs, 1);
    const sustained = coveredMs >= sustainedLoss.forMs * coveredShare && average > sustainedLoss.share;
    if (sustained) {
      this.restart();
    }
    return sustained;
  }

  /** The view has changed: what was reported until now says nothing about it. */
  restart(): void {
    this.#reports = [];
    this.#lastMs = undefined;
  }
}
