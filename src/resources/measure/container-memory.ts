import { join } from 'node:path';
import { findGroups, type GroupFolder } from './control-groups.js';
import { parseNumber, readNumber, readSmallFile } from './small-file.js';

/** Memory that this process may use, and what of it nobody holds; with the system's own figures where no container limits it. */
export interface MemoryRoom {
  readonly totalBytes: number;
  /** Absent where the system does not tell. */
  readonly availableBytes?: number;
}

interface MemoryFiles {
  readonly limit: string;
  readonly used: string;
  /** In memory.stat: what the kernel keeps of files, counted as used and given up when something else needs it. */
  readonly cached: RegExp;
}

const files: Readonly<Record<GroupFolder['version'], MemoryFiles>> = {
  2: { limit: 'memory.max', used: 'memory.current', cached: /^inactive_file (\d+)$/m },
  1: { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', cached: /^total_inactive_file (\d+)$/m },
};

/** The limits on this process's memory, those of groups around its own included. */
export class ContainerMemory {
  readonly #root: string;
  #groups: readonly GroupFolder[];

  /** @param root where /proc and /sys are; '/' but for tests. */
  constructor(root: string) {
    this.#root = root;
    this.#groups = findMemoryGroups(root);
  }

  /** The least of what the system and each group leave. */
  within(system: MemoryRoom): MemoryRoom {
    if (this.#groups.some((group) => limitOf(group) === undefined)) {
      this.#groups = findMemoryGroups(this.#root);
    }
    // Version 1 has no word for "no limit": it is a number beyond any memory.
    return this.#groups.reduce<MemoryRoom>((room, group) => {
      const limit = limitOf(group) ?? Infinity;
      return limit < system.totalBytes ? lesser(room, { totalBytes: limit, ...availableIn(group, limit) }) : room;
    }, system);
  }
}

function lesser(one: MemoryRoom, other: MemoryRoom): MemoryRoom {
  const available = [one.availableBytes, other.availableBytes].filter((bytes) => bytes !== undefined);
  return { totalBytes: Math.min(one.totalBytes, other.totalBytes), ...(available.length === 0 ? {} : { availableBytes: Math.min(...available) }) };
}

function availableIn({ version, folder }: GroupFolder, limit: number): { readonly availableBytes?: number } {
  const used = readNumber(join(folder, files[version].used));
  const cached = parseNumber(files[version].cached.exec(readSmallFile(join(folder, 'memory.stat')) ?? '')?.[1]) ?? 0;
  return used === undefined ? {} : { availableBytes: Math.min(limit, Math.max(0, limit - used + cached)) };
}

function findMemoryGroups(root: string): readonly GroupFolder[] {
  return findGroups('memory', root).filter((group) => limitOf(group) !== undefined);
}

/** In bytes; `Infinity` for "max"; undefined where there is no such file, as in the root group. */
function limitOf({ version, folder }: GroupFolder): number | undefined {
  const text = readSmallFile(join(folder, files[version].limit))?.trim();
  return text === 'max' ? Infinity : parseNumber(text);
}
