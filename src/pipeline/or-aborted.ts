/** What the promise brings, or undefined as soon as `signal` says so. */
export async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const finish = (): void => aborted.resolve(undefined);
  signal.addEventListener('abort', finish);
  if (signal.aborted) {
    finish();
  }
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', finish);
  }
}
