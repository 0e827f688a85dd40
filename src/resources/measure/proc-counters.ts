import { endianness, uptime } from 'node:os';
import type { ProcessCounters, ProcessCounterSource } from './process-counters.js';
import { readSmallFile } from './small-file.js';

/** What the numbers in /proc are counted in; neither is the same everywhere (a Raspberry Pi 5 has pages of 16 KiB). */
export interface KernelUnits {
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
}

const usualUnits: KernelUnits = { pageBytes: 4_096, ticksPerSecond: 100 };

/**
 * Reads /proc/PID/stat of each process here and now: a third of what pidusage takes, and no file stays open (docs/facts.md).
 */
export function procCounters(): ProcessCounterSource {
  const units = parseAuxiliaryVector(readSmallFile('/proc/self/auxv') ?? '', wordBytes());
  return {
    leastIntervalMs: 500, // Ticks of 10 ms: less time says nothing.
    read: (pids) => {
      const bootMs = sinceBootMs();
      return Promise.resolve(
        new Map(
          pids.flatMap((pid) => {
            const counters = parseProcessStat(readSmallFile(`/proc/${pid}/stat`) ?? '', units, bootMs);
            return counters ? [[pid, counters] as const] : [];
          }),
        ),
      );
    },
  };
}

/**
 * One line of proc_pid_stat(5). Undefined where it is none, or the process has ended and only waits to be collected.
 * @param sinceBootMs when it was read.
 */
export function parseProcessStat(stat: string, { pageBytes, ticksPerSecond }: KernelUnits, sinceBootMs: number): ProcessCounters | undefined {
  // The program's name comes second, in brackets, and may hold blanks and brackets itself.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).trim().split(' ');
  const [userTicks, systemTicks, startTicks, pages] = [10, 11, 18, 20].map((index) => Number(fields[index]));
  if (userTicks === undefined || systemTicks === undefined || startTicks === undefined || pages === undefined || Number.isNaN(pages) || state === 'Z' || state === 'X') {
    return undefined;
  }
  const tickMs = 1_000 / ticksPerSecond;
  return { cpuMs: (userTicks + systemTicks) * tickMs, ageMs: Math.max(tickMs, sinceBootMs - startTicks * tickMs), memoryBytes: pages * pageBytes };
}

/** What the kernel told this process at its start (getauxval(3)): pairs of machine words, latin1. What is missing counts as usual. */
export function parseAuxiliaryVector(vector: string, bytes: 4 | 8, order: 'BE' | 'LE' = endianness()): KernelUnits {
  const data = Buffer.from(vector, 'latin1');
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const word = (at: number): number => (bytes === 8 ? Number(view.getBigUint64(at, order === 'LE')) : view.getUint32(at, order === 'LE'));
  const values = new Map<number, number>();
  for (let at = 0; at + 2 * bytes <= data.length; at += 2 * bytes) {
    values.set(word(at), word(at + bytes));
  }
  return { pageBytes: values.get(6) ?? usualUnits.pageBytes, ticksPerSecond: values.get(17) ?? usualUnits.ticksPerSecond };
}

function wordBytes(): 4 | 8 {
  return ['arm', 'ia32', 'mips', 'mipsel'].includes(process.arch) ? 4 : 8;
}

/** lxcfs tells a container's own age in /proc/uptime, while processes count from the machine's start: the monotonic clock does too. */
function sinceBootMs(): number {
  return Math.max(uptime() * 1_000, Number(process.hrtime.bigint()) / 1e6);
}
