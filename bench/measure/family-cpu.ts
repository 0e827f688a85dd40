import { setTimeout as sleep } from 'node:timers/promises';
import { descendants } from '../../test/support/homebridge/process-tree.js';
import { processCpuMs } from './cpu-window.js';
import { endedChildrenMs } from './ended-children.js';

/** Processor time of a process and of all that it started, over a window: as shares of one core. */
export interface FamilyUse {
  readonly own: number;
  /** Also of those that came, or went, or both within the window: these in ticks of 10 ms. */
  readonly started: number;
}

interface FamilyTime {
  readonly atMs: number;
  readonly ownMs: number;
  readonly startedMs: number;
}

/** Measures several families over the same window, each named by its first process. */
export async function measureFamilies<Name extends string>(roots: Readonly<Record<Name, number>>, windowMs: number, signal: AbortSignal): Promise<Record<Name, FamilyUse>> {
  const names = Object.keys(roots) as Name[];
  const before = names.map((name) => familyTime(roots[name]));
  await sleep(windowMs, undefined, { signal });
  const uses = names.map((name, index) => [name, useSince(before[index], familyTime(roots[name]))] as const);
  return Object.fromEntries(uses) as Record<Name, FamilyUse>;
}

function useSince(before: FamilyTime | undefined, now: FamilyTime): FamilyUse {
  const { atMs = 0, ownMs = 0, startedMs = 0 } = before ?? {};
  const windowMs = now.atMs - atMs;
  return { own: (now.ownMs - ownMs) / windowMs, started: (now.startedMs - startedMs) / windowMs };
}

function familyTime(root: number): FamilyTime {
  return { atMs: performance.now(), ownMs: processCpuMs(root), startedMs: startedMs(root) };
}

/** What lives and what has ended; read anew where one ended in between, which would count twice or not at all. */
function startedMs(root: number): number {
  for (;;) {
    const endedMs = endedChildrenMs(root);
    const livingMs = cpuOfAllMs(descendants(root).map(({ pid }) => pid));
    if (livingMs !== undefined && endedChildrenMs(root) === endedMs) {
      return livingMs + endedMs;
    }
  }
}

/** Undefined where one of them has ended. */
function cpuOfAllMs(pids: readonly number[]): number | undefined {
  try {
    return pids.reduce((sum, pid) => sum + processCpuMs(pid), 0);
  } catch {
    return undefined;
  }
}
