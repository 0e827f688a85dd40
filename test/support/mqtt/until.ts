import { setTimeout as sleep } from 'node:timers/promises';

/** Until something is so. @throws with `what` when it is not within ten seconds. */
export async function until(isSo: () => boolean, what: () => string): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!isSo()) {
    await sleep(10);
    if (performance.now() > deadlineMs) {
      throw new Error(`waited in vain for ${what()}`);
    }
  }
}
