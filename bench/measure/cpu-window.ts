import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processor time of a group of processes over a window. */
export interface CpuUse {
  /** Share of one core: 1 is a core that was busy all the time. */
  readonly cores: number;
  readonly cpuMs: number;
  /** How long its threads were ready and had to wait for a core: other work on the machine shows here. */
  readonly waitedMs: number;
}

/** Per thread, in nanoseconds: time on a processor and time waiting for one. */
type ThreadTimes = ReadonlyMap<string, { readonly ranNs: number; readonly waitedNs: number }>;

/**
 * Measures several groups of processes over the same window. A thread that ends within the window is not counted; a process
 * that ends makes the window worthless and throws.
 */
export async function measureCpu<Name extends string>(groups: Readonly<Record<Name, readonly number[]>>, windowMs: number, signal: AbortSignal): Promise<Record<Name, CpuUse>> {
  const names = Object.keys(groups) as Name[];
  const counts = names.map((name) => countCpu(groups[name]));
  await sleep(windowMs, undefined, { signal });
  return Object.fromEntries(names.map((name, index) => [name, counts[index]?.()])) as Record<Name, CpuUse>;
}

/**
 * Counts from now on until the function that it gives is called. Processes that are named only then have begun meanwhile, and
 * count from their beginning.
 */
export function countCpu(pids: readonly number[]): (later?: readonly number[]) => CpuUse {
  const beforeMs = performance.now();
  const before = new Map(pids.map((pid) => [pid, threadTimes(pid)]));
  return (later = []) => {
    let ranNs = 0;
    let waitedNs = 0;
    for (const pid of new Set([...pids, ...later])) {
      for (const [thread, now] of threadTimes(pid)) {
        const earlier = before.get(pid)?.get(thread);
        ranNs += now.ranNs - (earlier?.ranNs ?? 0);
        waitedNs += now.waitedNs - (earlier?.waitedNs ?? 0);
      }
    }
    return { cores: ranNs / 1e6 / (performance.now() - beforeMs), cpuMs: ranNs / 1e6, waitedMs: waitedNs / 1e6 };
  };
}

/** Processor time that a process's present threads have taken so far, in milliseconds. Throws where it has ended. */
export function processCpuMs(pid: number): number {
  return [...threadTimes(pid).values()].reduce((sum, { ranNs }) => sum + ranNs, 0) / 1e6;
}

/** /proc/PID/task/TID/schedstat counts nanoseconds; the ticks of /proc/PID/stat are 10 ms, as much as a small load takes in a second. */
function threadTimes(pid: number): ThreadTimes {
  const times = new Map<string, { ranNs: number; waitedNs: number }>();
  for (const thread of listThreads(pid)) {
    const text = readSchedstat(pid, thread);
    if (text !== undefined) {
      const [ranNs = 0, waitedNs = 0] = text.split(' ').map(Number);
      times.set(thread, { ranNs, waitedNs });
    }
  }
  return times;
}

function listThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (cause) {
    throw new Error(`Process ${pid} ended while it was measured.`, { cause });
  }
}

/** Undefined for a thread that has ended since it was listed. */
function readSchedstat(pid: number, thread: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1');
  } catch {
    return undefined;
  }
}
