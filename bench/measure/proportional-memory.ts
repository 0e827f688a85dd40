import { readFileSync } from 'node:fs';

/**
 * What these processes take in memory, in MiB: a page that several processes share counts once, in equal parts for each of them (PSS,
 * proc(5), /proc/PID/smaps_rollup). Processes that have ended take none.
 */
export function proportionalMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + proportionalKb(pid), 0) / 1024;
}

function proportionalKb(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
