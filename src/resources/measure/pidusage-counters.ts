import pidusage from 'pidusage';
import { systemError } from '../../kept-file.js';
import type { ProcessCounters, ProcessCounterSource } from './process-counters.js';

const none: ReadonlyMap<number, ProcessCounters> = new Map();

/**
 * By pidusage. Its counters are used, not its percentages: those are 0 for a process that is new to it, and counted in whole seconds where a helper
 * program reads them.
 */
export function pidusageCounters({ leastIntervalMs }: { readonly leastIntervalMs: number }): ProcessCounterSource {
  return { leastIntervalMs, read: (pids) => read(pids, Math.max(5_000, 3 * leastIntervalMs)) };
}

/** pidusage remembers a process until nobody has asked about it for `rememberMs`. Never `clear()` it: that forgets open files without closing them. */
async function read(pids: readonly number[], rememberMs: number): Promise<ReadonlyMap<number, ProcessCounters>> {
  const alive = pids.filter(isAlive);
  if (alive.length === 0) {
    return none;
  }
  try {
    const statuses: Readonly<Record<string, pidusage.Status | null | undefined>> = await pidusage(alive, { maxage: rememberMs });
    return new Map(
      alive.flatMap((pid) => {
        const status = statuses[pid];
        return status ? [[pid, { cpuMs: status.ctime, ageMs: Math.max(1, status.elapsed), memoryBytes: status.memory }] as const] : [];
      }),
    );
  } catch {
    return none; // All of them have just ended, or there is no such program here: costs are then not known.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemError(error).code === 'EPERM'; // Another user's.
  }
}
