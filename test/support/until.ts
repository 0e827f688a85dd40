import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `holds`, asking often; throws after `timeoutMs`, saying what did not come true. */
export async function until(what: string | (() => string), holds: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new Error(`${typeof what === 'string' ? what : what()}: not within ${timeoutMs} ms.`);
    }
    await sleep(20);
  }
}
