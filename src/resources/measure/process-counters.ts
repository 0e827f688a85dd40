/** What a system counts for each process. */
export interface ProcessCounters {
  /** Processor time of all threads since the process started. */
  readonly cpuMs: number;
  /** Since it started; not less than a clock tick. */
  readonly ageMs: number;
  /** Resident. */
  readonly memoryBytes: number;
}

/** Who reads them. `read` never rejects; processes that have ended are left out. */
export interface ProcessCounterSource {
  readonly leastIntervalMs: number;
  read(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessCounters>>;
}
