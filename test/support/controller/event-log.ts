import { setTimeout as sleep } from 'node:timers/promises';
import type { Controller } from './controller.js';

/** A value that an accessory has reported. */
export interface ReportedValue {
  readonly value: unknown;
  /** When it came, on `performance.now()`'s clock. */
  readonly atMs: number;
}

const lookEveryMs = 5;

/** What an accessory reports of one characteristic, from the subscription on. */
export class EventLog {
  readonly #reported: ReportedValue[] = [];

  private constructor(private readonly what: string) {}

  /** Subscribes; services of one type are told apart by `index`. */
  static async follow(controller: Controller, service: string, characteristic: string, index = 0): Promise<EventLog> {
    const log = new EventLog(`${characteristic} of service ${service}`);
    await controller.subscribe(service, characteristic, (value) => log.#reported.push({ value, atMs: performance.now() }), index);
    return log;
  }

  /** All values so far, the oldest first. */
  get values(): readonly unknown[] {
    return this.#reported.map(({ value }) => value);
  }

  /** How many were reported: what comes later has at least this number. */
  get count(): number {
    return this.#reported.length;
  }

  /** The first report of this value (0 is false and 1 is true) with number `from` or later; throws when it does not come. */
  async next(value: number | boolean, timeoutMs: number, from = this.count): Promise<ReportedValue> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = this.#reported.slice(from).find((one) => Number(one.value) === Number(value));
      if (found) {
        return found;
      }
      if (performance.now() > deadline) {
        throw new Error(`${this.what} was not reported as ${String(value)} within ${timeoutMs} ms, but as [${this.values.slice(from).map(String).join(', ')}].`);
      }
      await sleep(lookEveryMs);
    }
  }
}
