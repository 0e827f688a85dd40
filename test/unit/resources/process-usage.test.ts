import { expect, test } from '@jest/globals';
import type { ProcessCounters } from '../../../src/resources/measure/process-counters.js';
import { ProcessUsage } from '../../../src/resources/measure/process-usage.js';

/** A system whose clock and counters the test sets. */
class FakeSystem {
  nowMs = 1_000;
  readings = 0;
  readonly processes = new Map<number, ProcessCounters>();
  readonly #leastIntervalMs: number;
  constructor(leastIntervalMs = 0) {
    this.#leastIntervalMs = leastIntervalMs;
  }

  usage(): ProcessUsage {
    const read = async (pids: readonly number[]): Promise<ReadonlyMap<number, ProcessCounters>> => {
      this.readings += 1;
      await Promise.resolve();
      return new Map([...this.processes].filter(([pid]) => pids.includes(pid)));
    };
    return new ProcessUsage({ source: { leastIntervalMs: this.#leastIntervalMs, read }, now: () => this.nowMs });
  }
}

test('the first figure is the average since the start, later ones since the sample before', async () => {
  const system = new FakeSystem();
  const usage = system.usage();
  system.processes.set(7, { cpuMs: 500, ageMs: 1_000, memoryBytes: 1 });
  expect([...(await usage.sample([7]))]).toEqual([[7, { cpuPercent: 50, memoryBytes: 1 }]]);
  system.nowMs += 2_000;
  system.processes.set(7, { cpuMs: 3_500, ageMs: 3_000, memoryBytes: 2 });
  expect([...(await usage.sample([7]))]).toEqual([[7, { cpuPercent: 150, memoryBytes: 2 }]]);
});

test('one that has ended costs the others nothing, and its number may come again', async () => {
  const system = new FakeSystem();
  const usage = system.usage();
  system.processes.set(7, { cpuMs: 500, ageMs: 100_000, memoryBytes: 1 }).set(8, { cpuMs: 0, ageMs: 100_000, memoryBytes: 1 });
  await usage.sample([7, 8]);
  system.nowMs += 2_000;
  system.processes.delete(7);
  system.processes.set(8, { cpuMs: 200, ageMs: 102_000, memoryBytes: 1 });
  expect([...(await usage.sample([7, 8]))]).toEqual([[8, { cpuPercent: 10, memoryBytes: 1 }]]);
  system.nowMs += 2_000;
  system.processes.set(8, { cpuMs: 900, ageMs: 1_000, memoryBytes: 1 }); // Another one since then, that has done more already.
  expect((await usage.sample([8])).get(8)?.cpuPercent).toBe(90);
});

test('where reading is dear the last figures are given in between, of those asked about', async () => {
  const system = new FakeSystem(10_000);
  const usage = system.usage();
  system.processes.set(7, { cpuMs: 500, ageMs: 1_000, memoryBytes: 1 }).set(8, { cpuMs: 500, ageMs: 5_000, memoryBytes: 1 });
  const first = await usage.sample([7, 8]);
  system.nowMs += 9_999;
  expect(await usage.sample([7, 8])).toEqual(first);
  expect([...(await usage.sample([8])).keys()]).toEqual([8]);
  expect(system.readings).toBe(1);
  system.nowMs += 1;
  await usage.sample([7, 8]);
  expect(system.readings).toBe(2);
});

test('nobody is kept waiting by a reading that hangs, and no second one is begun beside it', async () => {
  let readings = 0;
  let end = (_: ReadonlyMap<number, ProcessCounters>): void => undefined;
  const read = (): Promise<ReadonlyMap<number, ProcessCounters>> => {
    readings += 1;
    return new Promise((resolve) => (end = resolve));
  };
  const usage = new ProcessUsage({ source: { leastIntervalMs: 0, read } });
  expect((await Promise.all([usage.sample([7]), usage.sample([7])])).map(({ size }) => size)).toEqual([0, 0]);
  expect(readings).toBe(1);
  end(new Map([[7, { cpuMs: 100, ageMs: 1_000, memoryBytes: 1 }]]));
  await Promise.resolve();
  const late = usage.sample([7]); // Begins the next reading, with the first one's figures known.
  end(new Map([[7, { cpuMs: 100, ageMs: 1_000, memoryBytes: 1 }]]));
  expect((await late).size).toBe(1);
  expect(readings).toBe(2);
});

test('without processes nothing is read', async () => {
  const system = new FakeSystem();
  expect((await system.usage().sample([])).size).toBe(0);
  expect(system.readings).toBe(0);
});
