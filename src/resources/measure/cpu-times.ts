import type { CpuInfo } from 'node:os';

/** Time that processors have spent since the machine started, added up, in a unit of the system's own. Pure. */
export interface CpuTimes {
  readonly busy: number;
  readonly idle: number;
  /** How many processors were added up. */
  readonly cores: number;
}

/** The columns of a `cpu` line of /proc/stat (proc_stat(5)). Guests are counted in user and nice already; what the hypervisor took is not idle. */
const columns = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
/** Waiting for a disk leaves the processor free; `os.cpus()` leaves that time out altogether. */
const idleColumns: ReadonlySet<string> = new Set(['idle', 'iowait']);

/**
 * What /proc/stat says of the processors that this process may use. All of them where one of these is missing: lxcfs numbers the processors of a
 * container anew.
 */
export function procStatTimes(procStat: string, allowed: readonly number[] | undefined): CpuTimes | undefined {
  const lines = new Map(procStat.split('\n').filter((line) => line.startsWith('cpu')).map((line) => [Number(line.slice(3, line.indexOf(' ')) || -1), line]));
  lines.delete(-1);
  const all = [...lines.values()];
  const ours = allowed?.flatMap((cpu) => lines.get(cpu) ?? []) ?? [];
  return sum((ours.length === allowed?.length ? ours : all).map(lineTimes));
}

/** The same as libuv tells it on any system. Undefined where it tells nothing, as on Android. */
export function systemTimes(cpus: readonly CpuInfo[]): CpuTimes | undefined {
  return sum(cpus.map(({ times: { idle, ...busy } }) => ({ busy: busy.user + busy.nice + busy.sys + busy.irq, idle, cores: 1 })));
}

/** Busy share in percent, 0..100; undefined where no time has passed. Some kernels count backwards now and then: that is no time. */
export function busyPercent(before: CpuTimes, after: CpuTimes): number | undefined {
  const busy = Math.max(0, after.busy - before.busy);
  const idle = Math.max(0, after.idle - before.idle);
  return busy + idle > 0 && before.cores === after.cores ? (100 * busy) / (busy + idle) : undefined;
}

/** The processors that a process may run on, from its /proc/PID/status; "0-1,4" is 0, 1 and 4. */
export function allowedCpus(procStatus: string): readonly number[] | undefined {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(procStatus)?.[1];
  return list?.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function lineTimes(line: string): CpuTimes {
  const values = line.trim().split(/\s+/).slice(1).map(Number);
  let busy = 0;
  let idle = 0;
  for (const [index, column] of columns.entries()) {
    const value = values[index] ?? 0;
    if (idleColumns.has(column)) {
      idle += value;
    } else {
      busy += value;
    }
  }
  return { busy, idle, cores: 1 };
}

function sum(times: readonly CpuTimes[]): CpuTimes | undefined {
  return times.length === 0 ? undefined : times.reduce((all, each) => ({ busy: all.busy + each.busy, idle: all.idle + each.idle, cores: all.cores + each.cores }));
}
