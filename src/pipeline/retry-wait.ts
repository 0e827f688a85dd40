/** A wait whose length is looked at anew while it lasts. */
export class RetryWait {
  #again: (() => void) | undefined;

  /** @param delayMs how long the wait is, from its beginning; asked again at each `hurry`. Ends with `signal` too. */
  async wait(delayMs: () => number, signal: AbortSignal): Promise<void> {
    const startMs = performance.now();
    const over = Promise.withResolvers<undefined>();
    const finish = (): void => over.resolve(undefined);
    let timer = setTimeout(finish, delayMs());
    this.#again = () => {
      clearTimeout(timer);
      timer = setTimeout(finish, Math.max(0, startMs + delayMs() - performance.now()));
    };
    signal.addEventListener('abort', finish);
    if (signal.aborted) {
      finish();
    }
    await over.promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', finish);
    this.#again = undefined;
  }

  /** Looks at the length again: the wait ends then, or now where that is over. */
  hurry(): void {
    this.#again?.();
  }
}
