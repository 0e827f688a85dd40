import { existsSync } from 'node:fs';
import { isFfmpeg, sessionMembers, type ProcessFacts } from '../../test/support/homebridge/process-tree.js';

/** What Homebridge and its FFmpegs need. */
export interface Load {
  /** Of one core, over the last seconds; undefined until there is something to compare with. */
  readonly cpuPercent: number | undefined;
  readonly memoryMiB: number;
  readonly ffmpegs: number;
}

const overMs = 5_000;
/** Over less than this the ticks are too coarse. */
const leastMs = 900;
const ticksPerSecond = 100;

/** Measures a session of processes through /proc; gives nothing where there is none (macOS, Windows). */
export class LoadMeter {
  readonly #session: number;
  #seen = new Map<number, ProcessFacts>();
  #usedTicks = 0;
  #samples: { readonly atMs: number; readonly usedTicks: number }[] = [];

  constructor(session: number) {
    this.#session = session;
  }

  /** To be called every second or so. */
  read(nowMs: number): Load | undefined {
    if (!existsSync('/proc/self/stat')) {
      return undefined;
    }
    const members = sessionMembers(this.#session);
    for (const { pid, cpuTicks } of members) {
      this.#usedTicks += Math.max(0, cpuTicks - (this.#seen.get(pid)?.cpuTicks ?? 0));
    }
    this.#seen = new Map(members.map((member) => [member.pid, member]));
    const oldest = this.#samples.find(({ atMs }) => nowMs - atMs >= leastMs);
    this.#samples = [...this.#samples.filter(({ atMs }) => nowMs - atMs < overMs), { atMs: nowMs, usedTicks: this.#usedTicks }];
    return {
      cpuPercent: oldest && Math.round(((this.#usedTicks - oldest.usedTicks) / ticksPerSecond / ((nowMs - oldest.atMs) / 1000)) * 100),
      memoryMiB: Math.round(members.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / 1024 / 1024),
      ffmpegs: members.filter(isFfmpeg).length,
    };
  }
}
