import { readFileSync } from 'node:fs';

/** Of `cutime` and `cstime`: USER_HZ, 100 on every common Linux. */
const tickMs = 10;

/**
 * Processor time of all processes that one (this one unless told) has started and that have ended, in milliseconds. For those that live too
 * shortly to be looked at. Counted when they end; the sum is exact to 10 ms (proc(5), /proc/PID/stat, fields 16 and 17).
 */
export function endedChildrenMs(pid: number | 'self' = 'self'): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The command name is in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * tickMs;
}
