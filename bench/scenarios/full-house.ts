import { setTimeout as sleep } from 'node:timers/promises';
import type { Controller, SnapshotRequest } from '../../test/support/controller/controller.js';
import { prepareLive } from '../../test/support/controller/live-receiver.js';
import { measureCpu } from '../measure/cpu-window.js';
import { measureFamilies, type FamilyUse } from '../measure/family-cpu.js';
import { counterIn } from '../measure/jpeg-counter.js';
import { proportionalMb } from '../measure/proportional-memory.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { keyframeMs, type StagedCameras } from '../stage/cameras.js';
import { stageEmptyHomebridge, type StagedHomebridge } from '../stage/homebridge.js';
import { stageHouse, stageHouseCameras, type House } from '../stage/house.js';

const many = 16;
const few = 2;
const counts = { many, few } as const;
/** As in the scenario `idle`; the past of all cameras is in memory then, too. */
const warmUpMs = 40_000;
const sizes: readonly SnapshotRequest[] = [{ width: 640, height: 360 }, { width: 480, height: 270 }, { width: 320, height: 180 }, { width: 1280, height: 720 }, { width: 320, height: 240 }];
const view = { width: 1280, height: 720, fps: 30, bitrateKbps: 299 } as const;
const askedTimes = 1.15;

type Small = Readonly<Record<'few' | 'empty', FamilyUse>>;

/** One window; `filming` is what the simulated cameras took. */
interface Cost extends Small, Readonly<Record<'many', FamilyUse>> {
  readonly filming: number;
}

type Memory = Readonly<Record<'many' | 'few' | 'empty', number>>;

/** What a house full of cameras costs and how fast it answers, with all that cameras do without a viewer. */
export const fullHouse: Scenario = {
  name: 'full-house',
  title: `${many} cameras with sub streams, recording armed on all, motion on half of them: what each costs against each of ${few} such cameras, at the same time; and how soon the house answers`,
  linuxOnly: true,
  async run(bench) {
    await using cameras = await stageHouseCameras(bench);
    const alone = await measureAlone(bench, cameras);
    await using house = await stageHouse(bench, cameras, many);
    const costs = await costRows(bench, cameras, house, alone);
    return [...costs, ...(await snapshotRows(bench, house)), ...(await startRows(bench, house))];
  },
};

/** What each of a few cameras costs where there are no others on the machine: with many beside them, caches are colder for them, too. */
async function measureAlone(bench: Bench, staged: StagedCameras): Promise<readonly number[]> {
  const { quick, signal } = bench;
  await using small = await stageHouse(bench, staged, few);
  await using empty = await stageEmptyHomebridge(bench);
  await sleep(quick ? 5_000 : warmUpMs, undefined, { signal });
  const costs: number[] = [];
  for (let window = 0; window < (quick ? 1 : 2); window++) {
    costs.push(eachOf('few', await measureFamilies({ few: small.home.pid, empty: empty.pid }, quick ? 8_000 : 30_000, signal)));
  }
  return costs;
}

async function costRows(bench: Bench, staged: StagedCameras, house: House, alone: readonly number[]): Promise<Row[]> {
  const { quick, signal } = bench;
  await using small = await stageHouse(bench, staged, few);
  await using empty = await stageEmptyHomebridge(bench);
  await sleep(quick ? 5_000 : warmUpMs, undefined, { signal });
  const homes = { many: house.home, few: small.home, empty };
  const roots = { many: homes.many.pid, few: homes.few.pid, empty: homes.empty.pid };
  const filming = staged.cameras.flatMap(({ pid }) => pid ?? []);
  const logged = house.home.log().length;
  const costs: Cost[] = [];
  const memories: Memory[] = [];
  for (let window = 0; window < (quick ? 1 : 4); window++) {
    const ms = quick ? 8_000 : 30_000;
    const [families, { cameras }] = await Promise.all([measureFamilies(roots, ms, signal), measureCpu({ cameras: filming }, ms, signal)]);
    const cost = { ...families, filming: cameras.cores };
    costs.push(cost);
    memories.push({ many: memoryOf(homes.many), few: memoryOf(homes.few), empty: memoryOf(homes.empty) });
    bench.say(`each of ${many}: ${(eachOf('many', cost) * 100).toFixed(2)} %, each of ${few}: ${(eachOf('few', cost) * 100).toFixed(2)} % of a core; everything together ${(everything(cost) * 100).toFixed(0)} %`);
  }
  house.home.log().slice(logged).forEach((line) => bench.say(`the full house said meanwhile: ${line}`));
  return [...processorRows(costs, alone), ...memoryRows(memories)];
}

function memoryOf(home: StagedHomebridge): number {
  return proportionalMb([home.pid, ...home.processes()]);
}

/** A camera's share of the Homebridge process, beyond an empty one, and of all that it started. */
function eachOf<Which extends keyof typeof counts>(house: Which, cost: Readonly<Record<Which | 'empty', FamilyUse>>): number {
  return (cost[house].own + cost[house].started - cost.empty.own - cost.empty.started) / counts[house];
}

function everything({ many: all, few: some, empty, filming }: Cost): number {
  return [all, some, empty].reduce((sum, { own, started }) => sum + own + started, filming);
}

function processorRows(costs: readonly Cost[], alone: readonly number[]): Row[] {
  const ratio = (what: string, of: (cost: Cost) => number): Row => ({ what, value: median(costs.map(of)), unit: 'times', remark: spread(costs.map(of), 2, 'window') });
  const percent = (what: string, of: (cost: Cost) => number, remark = ''): Row => {
    const values = costs.map((cost) => of(cost) * 100);
    return { what, value: median(values), unit: '% of a core', remark: `${spread(values, 2, 'window')}${remark}` };
  };
  const aloneEach = median(alone);
  const linear = ratio(`a camera among ${many} against one of ${few}`, (cost) => eachOf('many', cost) / eachOf('few', cost));
  return [
    { ...linear, atMost: askedTimes, remark: `${linear.remark}; four simulated cameras play for all` },
    ratio(`the same against ${few} that were alone on the machine before`, (cost) => eachOf('many', cost) / aloneEach),
    ratio('the same at the same time, Homebridge process only', ({ many: all, few: some, empty }) => (all.own - empty.own) / many / ((some.own - empty.own) / few)),
    ratio('the same at the same time, FFmpeg only', ({ many: all, few: some }) => all.started / many / (some.started / few)),
    percent(`each of ${many} cameras`, (cost) => eachOf('many', cost), '; minus an empty Homebridge'),
    percent(`each of ${few} cameras`, (cost) => eachOf('few', cost), '; minus an empty Homebridge'),
    { what: `each of ${few} cameras, alone`, value: aloneEach * 100, unit: '% of a core', remark: spread(alone.map((each) => each * 100), 2, 'window') },
    percent(`Homebridge process with ${many} cameras`, ({ many: { own } }) => own),
    percent('its FFmpegs', ({ many: { started } }) => started),
    percent('everything that ran, simulated cameras too', everything),
  ];
}

function memoryRows(memories: readonly Memory[]): Row[] {
  const each = (house: keyof typeof counts): Row => {
    const values = memories.map((memory) => (memory[house] - memory.empty) / counts[house]);
    return { what: `memory of each of ${counts[house]} cameras`, value: median(values), unit: 'MB', remark: `${spread(values, 0, 'moment')}; with its FFmpegs, minus an empty Homebridge; what processes share counts once` };
  };
  return [each('many'), each('few')];
}

async function snapshotRows(bench: Bench, { controllers }: House): Promise<Row[]> {
  const { quick, signal } = bench;
  const single: number[] = [];
  for (let round = 0; round < (quick ? 1 : 4); round++) {
    for (const controller of shuffled(controllers)) {
      await sleep(Math.random() * 1_000, undefined, { signal });
      single.push(...(await take([controller], anyOf(sizes))));
    }
  }
  const walls: number[] = [];
  for (let wall = 0; wall < (quick ? 1 : 6); wall++) {
    await sleep(keyframeMs + Math.random() * keyframeMs, undefined, { signal });
    walls.push(Math.max(...(await take(controllers, { width: 640, height: 360 }))));
  }
  const { p95, median: middle } = summarise(single);
  return [
    { what: 'snapshot of any camera in any size, p95', value: p95, unit: 'ms', remark: `${spread(single)}, median ${Math.round(middle)}; asked of one warm camera: 250 ms` },
    { what: `all ${many} cameras at once, 640x360, the last one, median`, value: median(walls), unit: 'ms', remark: spread(walls, 0, 'time') },
  ];
}

async function startRows({ quick, signal }: Bench, { controllers }: House): Promise<Row[]> {
  const samples: number[] = [];
  for (let sample = 0; sample < (quick ? 4 : 24); sample++) {
    await sleep(Math.random() * keyframeMs, undefined, { signal });
    const controller = anyOf(controllers);
    const live = await (await prepareLive(controller, view)).start();
    try {
      samples.push((await live.firstKeyframe()).sinceStartIssuedMs);
    } finally {
      await live.stop();
    }
  }
  const { p95, median: value } = summarise(samples);
  return [{ what: 'START of any camera to its first whole keyframe, median', value, unit: 'ms', remark: `${spread(samples)}, p95 ${Math.round(p95)}; asked of one warm camera: 100 ms` }];
}

/** A picture of each in the same moment; throws where one is not the camera's (a placeholder would be fast, too). */
async function take(controllers: readonly Controller[], size: SnapshotRequest): Promise<number[]> {
  const shots = await Promise.all(controllers.map((controller) => controller.snapshot(size)));
  if (shots.some(({ jpeg }) => counterIn(jpeg) === undefined)) {
    throw new Error(`A snapshot of ${size.width}x${size.height} did not show what the camera films.`);
  }
  return shots.map(({ ms }) => ms);
}

function anyOf<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) {
    throw new RangeError('There is nothing to choose from.');
  }
  return item;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items.map((item) => ({ item, place: Math.random() })).sort((a, b) => a.place - b.place).map(({ item }) => item);
}
