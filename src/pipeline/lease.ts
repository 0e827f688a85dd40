import { realTimers, type Timers } from '../timers.js';

export interface LeaseRequest {
  /** Who needs it, for the status and the log: 'live view', 'snapshot', 'keepWarm'. */
  readonly holder: string;
  /** Somebody looks at a waiting picture: reconnects are quick. */
  readonly waitedFor?: boolean;
  /** A connection that works is to go on for as long as this lease. */
  readonly unbroken?: boolean;
  /** A look in passing, such as a snapshot: does not count as a use. */
  readonly passing?: boolean;
  /** How long the thing is owed to go on after this lease, in milliseconds; the book's idle time unless told otherwise. */
  readonly lingerMs?: number;
}

/** Given back by disposing it; giving back twice is harmless. */
export interface Lease extends Disposable {
  readonly holder: string;
}

export interface LeaseEvents {
  /** The first lease was taken, or a waiting one was added. */
  onTaken: () => void;
  /** A lease was given back, and others are left. */
  onChanged?: () => void;
  /** No lease, and none that was given back is owed any more time. */
  onIdle: () => void;
}

/**
 * Counts who needs a thing that runs. The first lease starts it, the last one given back starts the idle timer, the timer stops it:
 * when the longest time is over that it is owed to go on after any of them.
 */
export class LeaseBook {
  readonly #idleMs: number;
  readonly #events: LeaseEvents;
  readonly #timers: Timers;
  readonly #open = new Set<LeaseRequest>();
  #idleTimer: unknown;
  #owedUntilMs = -Infinity;
  #uses = 0;
  #idleAtOnce = false;
  #closed = false;

  constructor(idleMs: number, events: LeaseEvents, timers: Timers = realTimers) {
    this.#idleMs = idleMs;
    this.#events = events;
    this.#timers = timers;
  }

  get holders(): string[] {
    return [...this.#open].map((lease) => lease.holder);
  }

  /** Whether anybody looks at a waiting picture. */
  get waitedFor(): boolean {
    return [...this.#open].some((lease) => lease.waitedFor === true);
  }

  /** Whether anybody needs the present connection to go on. */
  get unbroken(): boolean {
    return [...this.#open].some((lease) => lease.unbroken === true);
  }

  /** How often a lease was taken that was not one in passing. */
  get uses(): number {
    return this.#uses;
  }

  take(request: LeaseRequest): Lease {
    this.#stopIdleTimer();
    this.#uses += request.passing ? 0 : 1;
    const entry = { ...request };
    this.#open.add(entry);
    this.#events.onTaken();
    return { holder: request.holder, [Symbol.dispose]: () => this.#giveBack(entry) };
  }

  /** Whether the last lease given back leaves it idle at once instead of after the idle time. */
  set atOnce(atOnce: boolean) {
    this.#idleAtOnce = atOnce;
    if (atOnce && this.#idleTimer !== undefined) {
      this.#stopIdleTimer();
      this.#idle();
    }
  }

  /** Idle times are over; open leases stay valid and can be given back. */
  close(): void {
    this.#closed = true;
    this.#stopIdleTimer();
  }

  #giveBack(entry: LeaseRequest): void {
    if (!this.#open.delete(entry) || this.#closed) {
      return;
    }
    const nowMs = this.#timers.nowMs();
    this.#owedUntilMs = Math.max(this.#owedUntilMs, nowMs + (entry.lingerMs ?? this.#idleMs));
    if (this.#open.size > 0) {
      this.#events.onChanged?.();
      return;
    }
    if (this.#idleAtOnce) {
      this.#idle();
      return;
    }
    this.#idleTimer = this.#timers.setTimeout(() => {
      this.#idleTimer = undefined;
      this.#idle();
    }, this.#owedUntilMs - nowMs);
  }

  #idle(): void {
    this.#owedUntilMs = -Infinity;
    this.#events.onIdle();
  }

  #stopIdleTimer(): void {
    if (this.#idleTimer !== undefined) {
      this.#timers.clearTimeout(this.#idleTimer);
      this.#idleTimer = undefined;
    }
  }
}
