import { countersOfSystem } from './system-counters.js';
import type { ProcessCounters, ProcessCounterSource } from './process-counters.js';

/** What a process costs. */
export interface ProcessCost {
  /** Of one core, so that it may be more than 100. */
  readonly cpuPercent: number;
  /** Resident memory. What processes share (the program itself) is counted in each. */
  readonly memoryBytes: number;
}

/** A reading is waited for so long; what comes later is there at the next sample. */
const patienceMs = 1_000;

interface Counted extends ProcessCounters {
  readonly atMs: number;
}

/** Processor time and memory of other processes, between one sample and the next. Processes nobody asks about any more are forgotten. */
export class ProcessUsage {
  readonly #source: ProcessCounterSource;
  readonly #now: () => number;
  #counted: ReadonlyMap<number, Counted> = new Map();
  #costs: ReadonlyMap<number, ProcessCost> = new Map();
  #begunMs = -Infinity;
  /** One at a time, also where a helper program hangs. */
  #reading: Promise<void> | undefined;

  /** @param options The system's own source and the process clock, but for tests. */
  constructor({ source = countersOfSystem(), now = () => performance.now() }: { readonly source?: ProcessCounterSource; readonly now?: () => number } = {}) {
    this.#source = source;
    this.#now = now;
  }

  /** Asked more often than this, it answers with the figures of its last reading: where a helper program reads them, that costs more than they are worth. */
  get leastIntervalMs(): number {
    return this.#source.leastIntervalMs;
  }

  /**
   * The cost of each process since the sample before, or since the process started. Without those that have ended or cannot be looked at.
   * Linux counts in ticks of 10 ms: 0.5 percent, two seconds apart. Never rejects.
   */
  async sample(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessCost>> {
    if (!this.#reading && pids.length > 0 && this.#now() - this.#begunMs >= this.leastIntervalMs) {
      this.#begunMs = this.#now();
      this.#reading = this.#source.read(pids).then((read) => this.#take(read));
    }
    if (this.#reading) {
      await atMost(this.#reading, patienceMs);
    }
    return new Map([...this.#costs].filter(([pid]) => pids.includes(pid)));
  }

  #take(read: ReadonlyMap<number, ProcessCounters>): void {
    const atMs = this.#now();
    this.#costs = new Map([...read].map(([pid, counters]) => [pid, costOf(counters, this.#counted.get(pid), atMs)]));
    this.#counted = new Map([...read].map(([pid, counters]) => [pid, { ...counters, atMs }]));
    this.#reading = undefined;
  }
}

function costOf(counters: ProcessCounters, before: Counted | undefined, atMs: number): ProcessCost {
  const { cpuMs, ageMs, memoryBytes } = counters;
  const sinceMs = atMs - (before?.atMs ?? -Infinity);
  // A process younger than the last sample is another one that got the same number.
  const [usedMs, overMs] = before && ageMs >= sinceMs && cpuMs >= before.cpuMs ? [cpuMs - before.cpuMs, sinceMs] : [cpuMs, ageMs];
  return { cpuPercent: (100 * usedMs) / Math.max(1, overMs), memoryBytes };
}

async function atMost(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
