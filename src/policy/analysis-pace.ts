import type { AnalysisPace } from './motion-source.js';

export const paceLimits = {
  /** Pictures that are looked at later than this after they were taken are of a machine that cannot keep up. */
  lateMs: 1_500,
  /** It can again: so late at most... */
  inTimeMs: 700,
  /** ...for so long, twice as long after each relapse... */
  restoreAfterMs: 30_000,
  /** ...and at most this long. */
  restoreAtMostMs: 10 * 60_000,
  /** What a step down has brought shows after so long. */
  stepEveryMs: 10_000,
} as const;

const steps = ['full', 'half', 'keyframes'] as const satisfies readonly AnalysisPace[];

/** Of two paces the one that costs less. */
export function slower(a: AnalysisPace, b: AnalysisPace): AnalysisPace {
  return steps.indexOf(a) > steps.indexOf(b) ? a : b;
}

/** How often to look for motion on a machine that cannot always keep up: one step down at a time, and slowly back. Pure; the caller brings the time. */
export class AnalysisPaceKeeper {
  #step = 0;
  #steppedMs = -Infinity;
  #inTimeSinceMs: number | undefined;
  #restoreAfterMs: number = paceLimits.restoreAfterMs;

  get pace(): AnalysisPace {
    return steps[this.#step] ?? 'keyframes';
  }

  /** @param lateMs how long after they were taken pictures were looked at, lately; undefined where there were none. */
  after(lateMs: number | undefined, nowMs: number): AnalysisPace {
    const late = lateMs !== undefined && lateMs > paceLimits.lateMs;
    // A camera with rare keyframes has none in many a look: that says nothing.
    if (lateMs !== undefined && lateMs > paceLimits.inTimeMs) {
      this.#inTimeSinceMs = undefined;
    }
    if (late && nowMs - this.#steppedMs >= paceLimits.stepEveryMs && this.#step < steps.length - 1) {
      this.#move(1, nowMs);
    } else if (lateMs !== undefined && lateMs <= paceLimits.inTimeMs) {
      this.#inTimeSinceMs ??= nowMs;
      if (this.#step > 0 && nowMs - this.#inTimeSinceMs >= this.#restoreAfterMs) {
        this.#restoreAfterMs = Math.min(this.#restoreAfterMs * 2, paceLimits.restoreAtMostMs);
        this.#move(-1, nowMs);
      }
    }
    return this.pace;
  }

  #move(by: 1 | -1, nowMs: number): void {
    this.#step += by;
    this.#steppedMs = nowMs;
    this.#inTimeSinceMs = undefined;
  }
}
