import { afterStart, nextStart, nothingBegun, type BegunStarts } from '../policy/start-order.js';
import { realTimers, type Timers } from '../timers.js';

interface Waiting {
  /** Asked each time: somebody may begin or cease to wait meanwhile. */
  readonly waitedFor: () => boolean;
  readonly begin: () => void;
}

/** Lets the connections of all cameras begin one after the other. One that is alone begins at once. */
export class StartQueue {
  readonly #timers: Timers;
  readonly #waiting = new Set<Waiting>();
  #begun: BegunStarts = nothingBegun;
  #timer: unknown;

  constructor(timers: Timers = realTimers) {
    this.#timers = timers;
  }

  /** @param waitedFor whether somebody looks at a waiting picture @returns whether its turn has come; false where `signal` came first. */
  async take(waitedFor: () => boolean, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) {
      return false;
    }
    const turn = Promise.withResolvers<boolean>();
    const waiting: Waiting = { waitedFor, begin: () => turn.resolve(true) };
    const leave = (): void => {
      turn.resolve(false);
      this.#waiting.delete(waiting);
      this.#goOn();
    };
    this.#waiting.add(waiting);
    signal.addEventListener('abort', leave);
    this.#goOn();
    try {
      return await turn.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** To be told when somebody begins to wait for one that may be in the queue. */
  hurry(): void {
    this.#goOn();
  }

  /** Begins what is due, and sets the timer for what comes after it. */
  #goOn(): void {
    this.#timers.clearTimeout(this.#timer);
    const queue = [...this.#waiting].map((waiting) => ({ waiting, waitedFor: waiting.waitedFor() }));
    const next = nextStart(queue, this.#begun);
    if (!next) {
      return;
    }
    const nowMs = this.#timers.nowMs();
    if (nowMs < next.atMs) {
      this.#timer = this.#timers.setTimeout(() => this.#goOn(), Math.ceil(next.atMs - nowMs));
      return;
    }
    this.#begun = afterStart(this.#begun, next.start, nowMs);
    this.#waiting.delete(next.start.waiting);
    next.start.waiting.begin();
    this.#goOn();
  }
}
