/** Whose past is given up where the pictures of all cameras take more memory than they may. Pure; the caller brings the time. */

/** A ring of encoded pictures. */
export interface HeldRing {
  /** Stays the same. */
  readonly id: string;
  readonly bytes: number;
  /** Of the newest keyframe and what follows it: what remains of a ring that is shortened. */
  readonly newestGopBytes: number;
  /** Recordings may be asked for, and want a past. */
  readonly recorded: boolean;
}

export interface MemorySample {
  readonly atMs: number;
  /** What is kept of pictures in this process, and all FFmpegs. */
  readonly usedBytes: number;
  readonly rings: readonly HeldRing[];
}

const mib = 2 ** 20;

export const memoryRules = {
  /** A ring gets its past back when there has been room for it, and for this share more, for so long. */
  spareShare: 0.1,
  backAfterMs: 30_000,
} as const;

/** Shortens rings to their newest GOP, one after the other until it fits: first those whose past nobody may ask for, the largest first. */
export class MemoryLimit {
  readonly #limitBytes: number;
  /** What each of the shortened rings had when it was whole. */
  readonly #shortened = new Map<string, { readonly gainedBytes: number; readonly recorded: boolean }>();
  #roomSinceMs: number | undefined;

  /** @param limitMiB undefined: no limit. */
  constructor(limitMiB: number | undefined) {
    this.#limitBytes = limitMiB === undefined ? Infinity : limitMiB * mib;
  }

  /** @returns the rings that keep their newest GOP only, from now on. */
  after({ atMs, usedBytes, rings }: MemorySample): ReadonlySet<string> {
    for (const id of this.#shortened.keys()) {
      if (!rings.some((ring) => ring.id === id)) {
        this.#shortened.delete(id);
      }
    }
    if (usedBytes > this.#limitBytes) {
      this.#roomSinceMs = undefined;
      this.#shorten(usedBytes - this.#limitBytes, rings);
    } else {
      this.#giveBack(usedBytes, atMs);
    }
    return new Set(this.#shortened.keys());
  }

  /** Whether it takes more than it may, also where no ring keeps a past. */
  isExceeded({ usedBytes, rings }: MemorySample): boolean {
    return usedBytes - rings.reduce((sum, ring) => sum + gain(ring), 0) > this.#limitBytes;
  }

  #shorten(excessBytes: number, rings: readonly HeldRing[]): void {
    const order = rings.filter(({ id }) => !this.#shortened.has(id)).toSorted((a, b) => Number(a.recorded) - Number(b.recorded) || gain(b) - gain(a));
    let missing = excessBytes;
    for (const ring of order) {
      if (missing <= 0) {
        return;
      }
      this.#shortened.set(ring.id, { gainedBytes: gain(ring), recorded: ring.recorded });
      missing -= gain(ring);
    }
  }

  /** One at a time, those first whose past is wanted, and the smallest first. */
  #giveBack(usedBytes: number, nowMs: number): void {
    const [next] = [...this.#shortened].toSorted(([, a], [, b]) => Number(b.recorded) - Number(a.recorded) || a.gainedBytes - b.gainedBytes);
    const room = this.#limitBytes * (1 - memoryRules.spareShare) - usedBytes;
    if (!next || next[1].gainedBytes > room) {
      this.#roomSinceMs = undefined;
      return;
    }
    this.#roomSinceMs ??= nowMs;
    if (nowMs - this.#roomSinceMs >= memoryRules.backAfterMs) {
      this.#shortened.delete(next[0]);
      this.#roomSinceMs = undefined;
    }
  }
}

function gain({ bytes, newestGopBytes }: HeldRing): number {
  return Math.max(0, bytes - newestGopBytes);
}
