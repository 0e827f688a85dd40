import type { ProcessCost } from './process-usage.js';

/** What this process costs, all its threads together: Homebridge's other plugins too, where they run in it. */
export class OwnProcess {
  #before = { atMs: performance.now() - process.uptime() * 1_000, cpuMs: 0 };

  /** Since the sample before; the first one since the process started. `nowMs` on the process clock. */
  sample(nowMs: number = performance.now()): ProcessCost {
    const { user, system } = process.cpuUsage();
    const before = this.#before;
    const cpuMs = (user + system) / 1_000;
    this.#before = { atMs: nowMs, cpuMs };
    return { cpuPercent: (100 * (cpuMs - before.cpuMs)) / Math.max(1, nowMs - before.atMs), memoryBytes: process.memoryUsage.rss() };
  }
}
