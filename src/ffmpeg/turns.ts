import { Problem } from '../problems.js';

/** So many at once at most; who comes later waits, first come first served. */
export class Turns {
  readonly #mostAtOnce: number;
  #running = 0;
  readonly #waiting = new Set<() => void>();

  constructor(mostAtOnce: number) {
    this.#mostAtOnce = mostAtOnce;
  }

  /** Whether anybody waits. */
  get wanted(): boolean {
    return this.#waiting.size > 0;
  }

  /** @returns the turn, to be given back by disposing it. @throws Problem snapshot-failed when `signal` comes first */
  async take(signal: AbortSignal): Promise<Disposable> {
    if (this.#running < this.#mostAtOnce) {
      this.#running += 1;
    } else {
      await this.#wait(signal);
    }
    return { [Symbol.dispose]: () => this.#giveBack() };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<undefined>();
    const begin = (): void => turn.resolve(undefined);
    const giveUp = (): void => {
      this.#waiting.delete(begin); // At once, or it could be handed the turn before it is gone.
      turn.reject(new Problem('snapshot-failed', 'too many pictures were asked for at once'));
    };
    this.#waiting.add(begin);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) {
      giveUp();
    }
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** The turn goes to the next who waits, or is free again. */
  #giveBack(): void {
    const next = this.#waiting.values().next().value;
    if (next) {
      this.#waiting.delete(next);
      next();
    } else {
      this.#running -= 1;
    }
  }
}
