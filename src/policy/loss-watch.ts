/** Loss that lasts: more than this share of the packets, on average over so long. */
export const sustainedLoss = { share: 0.05, forMs: 5_000 } as const;

/** Until so much of the time has been reported on, nothing is concluded. */
const coveredShare = 0.9;

/** Watches the receiver reports of one view. Pure; times in milliseconds of any clock. */
export class LossWatch {
  #reports: { readonly atMs: number; readonly share: number }[] = [];

  /**
   * Takes a report (RFC 3550 6.4.1: the share of packets lost since the one before).
   * @returns whether packets have been lost for long enough to do something; it then begins anew.
   */
  hear(share: number, atMs: number): boolean {
    this.#reports = [...this.#reports.filter((report) => atMs - report.atMs <= sustainedLoss.forMs), { atMs, share }];
    const coveredMs = atMs - (this.#reports[0]?.atMs ?? atMs);
    const average = this.#reports.reduce((sum, report) => sum + report.share, 0) / this.#reports.length;
    const sustained = coveredMs >= sustainedLoss.forMs * coveredShare && average > sustainedLoss.share;
    if (sustained) {
      this.restart();
    }
    return sustained;
  }

  /** The view has changed: what was reported until now says nothing about it. */
  restart(): void {
    this.#reports = [];
  }
}
