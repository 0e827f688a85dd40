import { join } from 'node:path';
import { findGroups, type GroupFolder } from './control-groups.js';
import { parseNumber, readNumber, readSmallFile } from './small-file.js';

/** A limit on processor time, and what has been used of it. */
export interface CpuAllowance {
  /** Tells one from another. */
  readonly folder: string;
  /** What may be used at once, such as 1.5. */
  readonly cores: number;
  /** Since the group was made, by all in it. */
  readonly usedMs: number;
}

/** A group that can limit processor time. */
interface CpuGroup {
  readonly folder: string;
  /** `Infinity` without a limit; undefined where the files are gone. */
  readonly cores: () => number | undefined;
  readonly usedMs: () => number | undefined;
}

/** The limits on this process's processor time, those of groups around its own included. */
export class ContainerCpu {
  readonly #root: string;
  #groups: readonly CpuGroup[];

  /** @param root where /proc and /sys are; '/' but for tests. */
  constructor(root: string) {
    this.#root = root;
    this.#groups = findCpuGroups(root);
  }

  /** Those there are at this moment: a limit may be set, changed and taken away while this runs. */
  allowances(): readonly CpuAllowance[] {
    const found = this.#read();
    if (found) {
      return found;
    }
    // The group is gone: this process was put into another one.
    this.#groups = findCpuGroups(this.#root);
    return this.#read() ?? [];
  }

  #read(): readonly CpuAllowance[] | undefined {
    const allowances: CpuAllowance[] = [];
    for (const { folder, cores: readCores, usedMs: readUsedMs } of this.#groups) {
      const cores = readCores();
      const usedMs = cores === Infinity ? 0 : readUsedMs();
      if (cores === undefined || usedMs === undefined) {
        return undefined;
      }
      if (cores !== Infinity) {
        allowances.push({ folder, cores, usedMs });
      }
    }
    return allowances;
  }
}

/** The root group has no such files, nor have groups that the controller is not switched on for. */
function findCpuGroups(root: string): readonly CpuGroup[] {
  const accounting = findGroups('cpuacct', root);
  return findGroups('cpu', root)
    .map((group) => (group.version === 2 ? unifiedGroup(group) : legacyGroup(group, accounting)))
    .filter(({ cores, usedMs }) => cores() !== undefined && usedMs() !== undefined);
}

/** cgroup v2. `cpu.max`: "150000 100000", microseconds in each period of so many, or "max 100000". */
function unifiedGroup({ folder }: GroupFolder): CpuGroup {
  return {
    folder,
    cores: () => {
      const [quota, period] = readSmallFile(join(folder, 'cpu.max'))?.trim().split(' ') ?? [];
      return quota === 'max' ? Infinity : positive(Number(quota) / Number(period));
    },
    usedMs: () => scaled(parseNumber(/^usage_usec (\d+)$/m.exec(readSmallFile(join(folder, 'cpu.stat')) ?? '')?.[1]), 1e-3),
  };
}

/** cgroup v1. The quota is -1 without a limit; what has been used is told by a hierarchy of its own, mostly mounted in the same place. */
function legacyGroup({ folder, name }: GroupFolder, accounting: readonly GroupFolder[]): CpuGroup {
  const accountFolder = accounting.find((account) => account.name === name)?.folder ?? folder;
  return {
    folder,
    cores: () => {
      const quota = readNumber(join(folder, 'cpu.cfs_quota_us'));
      return quota === -1 ? Infinity : positive((quota ?? NaN) / (readNumber(join(folder, 'cpu.cfs_period_us')) ?? NaN));
    },
    usedMs: () => scaled(readNumber(join(accountFolder, 'cpuacct.usage')), 1e-6),
  };
}

function scaled(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : value * unit;
}

function positive(value: number): number | undefined {
  return value > 0 ? value : undefined;
}
