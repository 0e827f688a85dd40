import { expect, test } from '@jest/globals';
import type { AnalysisPace } from '../../../src/policy/motion-source.js';
import { HouseBudget, type BudgetedView } from '../../../src/resources/house-budget.js';
import type { ManagedCamera } from '../../../src/resources/managed-camera.js';
import { ResourceManager, type ResourceLimits } from '../../../src/resources/resource-manager.js';

const mib = 2 ** 20;
const usual: ResourceLimits = { cpuTarget: 80, limits: { backPoints: 15, backAfter: 30, measuredOver: 10 } };

/** A camera that holds so much, and what it was told. */
class Told implements ManagedCamera {
  readonly name = 'Door';
  readonly analyses = true;
  readonly analysisCpuPercent = 1.5;
  readonly paces: AnalysisPace[] = [];
  shortened: ReadonlySet<string> = new Set();
  readonly ringBytes = 20 * mib;
  otherBytes = 0;

  get heldBytes(): number {
    return this.otherBytes + (this.shortened.size > 0 ? 2 * mib : this.ringBytes);
  }

  rings() {
    return [{ id: 'Door main', bytes: this.heldBytes - this.otherBytes, newestGopBytes: 2 * mib, recorded: false }];
  }

  shorten(rings: ReadonlySet<string>): void {
    this.shortened = rings;
  }

  set analysisPace(pace: AnalysisPace) {
    this.paces.push(pace);
  }
}

/** A manager whose time goes on by two seconds with each look. */
function manage(limits: ResourceLimits = usual) {
  const lines: string[] = [];
  const told = (line: string): void => void lines.push(line);
  const camera = new Told();
  const budget = new HouseBudget({}, () => 0);
  const load = { percent: 0 };
  let nowMs = 0;
  const manager = new ResourceManager({
    limits,
    budget,
    cameras: () => [camera],
    meters: {
      machine: { sample: () => ({ percent: load.percent, cores: 2, limitedBy: 'machine', memoryTotalBytes: 0 }) },
      own: { sample: () => ({ cpuPercent: 12.34, memoryBytes: 150 * mib }) },
      processes: { sample: () => Promise.resolve(new Map()) },
      gpus: { sample: () => [], [Symbol.dispose]: () => undefined },
    },
    log: { info: told, warn: told, error: told, debug: told },
    now: () => nowMs,
  });
  const hold = async (percent: number, seconds: number): Promise<void> => {
    load.percent = percent;
    for (let second = 0; second < seconds; second += 2) {
      nowMs += 2_000;
      await manager.look();
    }
  };
  return { manager, budget, camera, lines, hold };
}

function watching(budget: HouseBudget): BudgetedView & { readonly whys: string[] } & Disposable {
  const whys: string[] = [];
  const conversion = { stream: 'main', rendition: { width: 1280, height: 720, fps: 30, bitrateKbps: 290, profile: 'high', level: '3.1' } } as const;
  const view = { sinceMs: 1, conversion, wanted: { fps: 30, height: 720 }, refused: false, granted: conversion, whys, reconsider: (why: string) => void whys.push(why) };
  const counted = budget.camera('Door').enter(view);
  return Object.assign(view, { [Symbol.dispose]: () => counted[Symbol.dispose]() });
}

test('a load that stays reaches motion, views and the log, and is taken back when it is gone', async () => {
  const { manager, budget, camera, lines, hold } = manage();
  using view = watching(budget);
  await hold(100, 80);
  expect(camera.paces.at(-1)).toBe('keyframes');
  expect(budget.camera('Door').caps).toMatchObject({ maxFps: 10 });
  expect(view.whys).toContainEqual('as the machine was 100 % busy for 10 s');
  expect(manager.limitedSinceMs).toBeLessThan(20_000);
  expect(manager.status()).toMatchObject({
    loadPercent: 100,
    process: { cpuPercent: 12.3, memoryMiB: 150 },
    limited: expect.arrayContaining(['motion is looked for in keyframes only for now, as the machine was 100 % busy for 10 s']),
    cameras: { Door: { cpuPercent: 1.5, memoryMiB: 20, limited: expect.arrayContaining(['converted live views show at most 10 pictures a second for now, as the machine was 100 % busy for 10 s']) } },
  });
  expect(lines.slice(0, 4)).toEqual([
    'Motion is looked for half as often for now, as the machine was 100 % busy for 10 s.',
    'Motion is looked for in keyframes only for now, as the machine was 100 % busy for 10 s.',
    'No further live view is converted for now, as the machine was 100 % busy for 10 s.',
    'Door: converted live views show at most 25 pictures a second for now, as the machine was 100 % busy for 10 s.',
  ]);
  await hold(10, 500);
  expect(camera.paces.at(-1)).toBe('full');
  expect(budget.camera('Door').caps).toEqual({});
  expect(manager.limitedSinceMs).toBeUndefined();
  expect(lines.at(-1)).toBe('Motion is looked for as often as always again, as the machine is 10 % busy.');
  expect(lines.filter((line) => line.includes('for now')).length).toBe(lines.filter((line) => line.includes('again')).length);
  manager[Symbol.dispose]();
});

test('where memory is short rings lose their past, said once, and get it back', async () => {
  const { manager, camera, lines, hold } = manage({ ...usual, maxMemory: 24 });
  camera.otherBytes = 10 * mib;
  await hold(0, 60);
  expect([...camera.shortened]).toEqual(['Door main']);
  expect(manager.status().cameras.Door?.limited).toEqual(['no past is kept, as the pictures of all cameras take more memory than "maxMemory" allows']);
  expect(lines).toEqual(['The pictures of all cameras are to take no more than 24 MiB ("maxMemory"): 1 of 1 camera streams keep no past for now, so that their recordings begin without one.']);
  camera.otherBytes = 0;
  await hold(0, 40);
  expect([camera.shortened.size, lines.at(-1)]).toEqual([0, 'There is memory for the past of all cameras again.']);
  manager[Symbol.dispose]();
});

test('meters that fail change nothing', async () => {
  const { manager, budget, hold } = manage();
  const failing = new ResourceManager({
    limits: usual,
    budget,
    cameras: () => [],
    meters: {
      machine: { sample: () => undefined },
      own: { sample: () => ({ cpuPercent: 0, memoryBytes: 0 }) },
      processes: { sample: () => Promise.reject(new Error('no /proc')) },
      gpus: { sample: () => [], [Symbol.dispose]: () => undefined },
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined },
  });
  let asked = 0;
  using _waiting = budget.camera('Yard').enter({ sinceMs: 0, conversion: undefined, wanted: { fps: 30, height: 720 }, refused: true, granted: undefined, reconsider: () => (asked += 1) });
  await failing.look();
  expect(asked).toBe(1); // What ended meanwhile may be a recording.
  expect(failing.status()).toMatchObject({ machine: undefined, loadPercent: undefined, limited: [] });
  failing[Symbol.dispose]();
  await hold(50, 10);
  manager[Symbol.dispose]();
});
