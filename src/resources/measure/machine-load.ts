import { cpus, freemem, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { ContainerCpu, type CpuAllowance } from './container-cpu.js';
import { ContainerMemory, type MemoryRoom } from './container-memory.js';
import { allowedCpus, busyPercent, procStatTimes, systemTimes, type CpuTimes } from './cpu-times.js';
import { readSmallFile } from './small-file.js';

/** How busy the machine is, or what of it this process may use. */
export interface MachineSample {
  /** 0..100, of all that may be used, by whomever, since the sample before. */
  readonly percent: number;
  /** What may be used at once: the processors that this process may run on, or less by a container's limit (1.5). */
  readonly cores: number;
  /** Which of the two is the nearer to its limit; `percent` is about that one. */
  readonly limitedBy: 'machine' | 'container';
  /** That may be used: the machine's, or a container's limit. */
  readonly memoryTotalBytes: number;
  /** What of it is free or can be freed at once. Absent on macOS, which tells only of pages that lie idle. */
  readonly memoryAvailableBytes?: number;
}

/** Both readings at one moment. */
interface Reading {
  readonly atMs: number;
  readonly times: CpuTimes;
  readonly allowances: readonly CpuAllowance[];
}

/** The load of the machine and of the container that this process is in. Reads a few small files at each sample, and does not wait. */
export class MachineLoad {
  readonly #root: string;
  readonly #containerCpu: ContainerCpu;
  readonly #containerMemory: ContainerMemory;
  readonly #allowed: readonly number[] | undefined;
  #before: Reading | undefined;
  #last: MachineSample | undefined;

  /** @param options `root`: where /proc and /sys are, for tests. */
  constructor({ root = '/' }: { readonly root?: string } = {}) {
    this.#root = root;
    this.#containerCpu = new ContainerCpu(root);
    this.#containerMemory = new ContainerMemory(root);
    this.#allowed = allowedCpus(readSmallFile(join(root, 'proc/self/status')) ?? '');
  }

  /**
   * The share since the call before. Undefined at the first call, and for ever where the system tells nothing (Android).
   * @param nowMs on the process clock.
   */
  sample(nowMs: number = performance.now()): MachineSample | undefined {
    const times = this.#times();
    if (!times) {
      return undefined;
    }
    const before = this.#before;
    const now: Reading = { atMs: nowMs, times, allowances: this.#containerCpu.allowances() };
    const machine = before && busyPercent(before.times, times);
    if (before?.times.cores === times.cores && (machine === undefined || nowMs <= before.atMs)) {
      return this.#last; // No time has passed.
    }
    this.#before = now;
    this.#last = before && machine !== undefined ? { ...limited(machine, before, now), ...this.#memory() } : undefined;
    return this.#last;
  }

  #times(): CpuTimes | undefined {
    const procStat = readSmallFile(join(this.#root, 'proc/stat'));
    return procStat === undefined ? systemTimes(cpus()) : procStatTimes(procStat, this.#allowed);
  }

  #memory(): Pick<MachineSample, 'memoryTotalBytes' | 'memoryAvailableBytes'> {
    const system: MemoryRoom = { totalBytes: totalmem(), ...(platform() === 'darwin' ? {} : { availableBytes: freemem() }) };
    const { totalBytes, availableBytes } = this.#containerMemory.within(system);
    return { memoryTotalBytes: totalBytes, ...(availableBytes === undefined ? {} : { memoryAvailableBytes: availableBytes }) };
  }
}

/** The larger of the machine's share and those of each limit since the reading before. */
function limited(machinePercent: number, before: Reading, now: Reading): Pick<MachineSample, 'percent' | 'cores' | 'limitedBy'> {
  const shares = now.allowances.flatMap(({ folder, cores, usedMs }) => {
    const earlier = before.allowances.find((allowance) => allowance.folder === folder);
    const mayMs = cores * (now.atMs - before.atMs);
    return earlier ? [Math.min(100, Math.max(0, (100 * (usedMs - earlier.usedMs)) / mayMs))] : [];
  });
  const containerPercent = Math.max(0, ...shares);
  return {
    percent: Math.max(machinePercent, containerPercent),
    cores: Math.min(now.times.cores, ...now.allowances.map(({ cores }) => cores)),
    limitedBy: containerPercent > machinePercent ? 'container' : 'machine',
  };
}
