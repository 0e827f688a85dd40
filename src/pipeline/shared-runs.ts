import { LeaseBook, type Lease } from './lease.js';

/** What runs goes on for so long after its last lease. */
const idleMs = 5_000;

interface Entry<Run> {
  readonly run: Run;
  readonly leases: LeaseBook;
}

/** Things that run while somebody has a lease of them, told apart by a key: who asks for the same shares one. */
export class SharedRuns<Run extends AsyncDisposable> implements AsyncDisposable {
  readonly #entries = new Map<string, Entry<Run>>();
  /** On their way out. */
  readonly #ending = new Set<Promise<void>>();
  readonly #onEnd: (run: Run) => void;
  #resting = false;

  /** @param onEnd told of each that is about to end. */
  constructor(onEnd: (run: Run) => void = () => undefined) {
    this.#onEnd = onEnd;
  }

  /** While set, they end with their last lease instead of some seconds later. */
  set resting(resting: boolean) {
    this.#resting = resting;
    for (const { leases } of this.#entries.values()) {
      leases.atOnce = resting;
    }
  }

  get runs(): readonly Run[] {
    return [...this.#entries.values()].map(({ run }) => run);
  }

  /** Each with who has leases of it. */
  map<Result>(of: (run: Run, holders: readonly string[]) => Result): Result[] {
    return [...this.#entries.values()].map(({ run, leases }) => of(run, leases.holders));
  }

  /** @param start makes the one of this key where there is none. @param isWorthKeeping asked when the lease is given back: what is not ends at once. */
  lease(key: string, holder: string, start: () => Run, isWorthKeeping: (run: Run) => boolean = () => true): Lease & { readonly run: Run } {
    const { run, leases } = this.#entries.get(key) ?? this.#begin(key, start());
    const lease = leases.take({ holder });
    const giveBack = (): void => {
      leases.atOnce = this.#resting || !isWorthKeeping(run);
      lease[Symbol.dispose]();
    };
    return { holder, run, [Symbol.dispose]: giveBack };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of this.#entries.keys()) {
      this.#end(key);
    }
    await Promise.all(this.#ending);
  }

  #begin(key: string, run: Run): Entry<Run> {
    const leases = new LeaseBook(idleMs, { onTaken: () => undefined, onIdle: () => this.#end(key) });
    leases.atOnce = this.#resting;
    const entry = { run, leases };
    this.#entries.set(key, entry);
    return entry;
  }

  #end(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    entry?.leases.close();
    if (entry) {
      this.#onEnd(entry.run);
      const ended = Promise.resolve(entry.run[Symbol.asyncDispose]()).finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }
}
