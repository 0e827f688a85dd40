import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { endedChildrenMs } from '../measure/ended-children.js';
import { measureFamilies, type FamilyUse } from '../measure/family-cpu.js';
import { proportionalMb } from '../measure/proportional-memory.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { stageCamera } from '../stage/cameras.js';
import { stageHapHousehold, type HapHousehold } from '../stage/hap-household.js';
import { stageEmptyHomebridge, type StagedHomebridge } from '../stage/homebridge.js';
import { household, stillEveryMs, type HouseholdCounts } from '../stage/household.js';
import { stagePlainHousehold, type LastingPart, type PlainHousehold } from '../stage/plain-household.js';

/** What is filmed: encoding depends on it. */
const scenes = { still: 'a quiet scene', busy: 'all in motion' } as const;
/** Keyframes as far apart as many cameras send them: with nearer ones the plugin looks for motion in them alone. */
const keyframeSeconds = 4;
const warmUpMs = 40_000;
/** So many still pictures fall into each window. */
const windowMs = 8 * stillEveryMs;
/** A window in which something is missing is measured anew, so many times on average. */
const mostTries = 2;
const leavesOut = 'theirs is without the Node process that would start them, answer HomeKit and look at the pictures';

interface Window extends Readonly<Record<'home' | 'empty', FamilyUse>>, Readonly<Record<LastingPart, CpuUse>> {
  /** Of the FFmpegs for still pictures, which have ended: as a share of a core. */
  readonly stills: number;
  /** What came out, per second. */
  readonly rates: Readonly<Record<Side, HouseholdCounts>>;
}

interface Staged {
  readonly ours: HapHousehold;
  readonly theirs: PlainHousehold;
  readonly empty: StagedHomebridge;
  readonly cameras: Readonly<Record<Side, SpawnedCamera>>;
}

type Side = 'ours' | 'theirs';

/** At one moment. */
interface Moment {
  /** `process`: our Homebridge alone, beyond an empty one. */
  readonly memoryMb: Readonly<Record<Side | 'process', number>>;
  readonly connections: Readonly<Record<Side, number>>;
}

/** What it saves to open a camera once. */
export const perConsumer: Scenario = {
  name: 'per-consumer',
  title: 'two views (one copied, one converted), two tiles with a still picture every 10 s, motion: the plugin against one FFmpeg per consumer, at the same time',
  linuxOnly: true,
  async run(bench) {
    const rows: Row[] = [];
    for (const scene of ['still', 'busy'] as const) {
      rows.push(...(await measureScene(bench, scene)));
    }
    return rows;
  },
};

async function measureScene(bench: Bench, scene: keyof typeof scenes): Promise<Row[]> {
  const { quick, signal } = bench;
  const wanted = quick ? 1 : 4;
  // One for each side, which are alike: each tells who is connected to it.
  await using ourCamera = await stageCamera(bench, { scene, keyframeSeconds });
  await using theirCamera = await stageCamera(bench, { scene, keyframeSeconds });
  await using empty = await stageEmptyHomebridge(bench);
  await using ours = await stageHapHousehold(bench, ourCamera.url());
  await using theirs = await stagePlainHousehold(bench, theirCamera.url());
  await sleep(quick ? 10_000 : warmUpMs, undefined, { signal });
  const staged = { ours, theirs, empty, cameras: { ours: ourCamera, theirs: theirCamera } };
  const windows: Window[] = [];
  for (let tries = 0; windows.length < wanted; tries++) {
    const window = await measureWindow(staged, quick ? 2 * stillEveryMs : windowMs, signal);
    const outcome = isWhole(window) ? 'counts' : 'does not count: something is missing';
    bench.say(`${scenes[scene]}: ${(oursOf(window) * 100).toFixed(0)} against ${(theirsOf(window) * 100).toFixed(0)} % of a core; ${describe(window.rates)}; ${outcome}`);
    if (isWhole(window)) {
      windows.push(window);
    } else if (tries >= mostTries * wanted) {
      throw new Error('This machine is too busy: again and again something was left out.');
    }
  }
  const moments: Moment[] = [];
  for (let moment = 0; moment < (quick ? 5 : 20); moment++) {
    moments.push(await look(staged));
    await sleep(1_000, undefined, { signal });
  }
  return [...processorRows(scenes[scene], windows), ...momentRows(scenes[scene], moments)];
}

async function measureWindow({ ours, theirs, empty }: Staged, ms: number, signal: AbortSignal): Promise<Window> {
  const before = { ours: ours.counts(), theirs: await theirs.counts(), endedMs: endedChildrenMs() };
  const [families, lasting] = await Promise.all([measureFamilies({ home: ours.home.pid, empty: empty.pid }, ms, signal), measureCpu(theirs.lasting, ms, signal)]);
  const endedMs = endedChildrenMs() - before.endedMs;
  const after = { ours: ours.counts(), theirs: await theirs.counts() };
  const rates = (side: Side): HouseholdCounts => {
    const rate = (of: keyof HouseholdCounts): number => ((after[side][of] - before[side][of]) * 1000) / ms;
    return { copied: rate('copied'), converted: rate('converted'), stills: rate('stills') };
  };
  return { ...families, ...lasting, stills: endedMs / ms, rates: { ours: rates('ours'), theirs: rates('theirs') } };
}

/** Whether both sides did all that was asked for: what is left out costs nothing. A converted picture is a packet at least. */
function isWhole({ rates }: Window): boolean {
  const sides = [rates.ours, rates.theirs];
  const allPackets = Math.max(...sides.map(({ copied }) => copied));
  const enough = (rate: number, wanted: number): boolean => rate > wanted * 0.97 - 0.1;
  return sides.every(({ copied, converted, stills }) => copied > allPackets * 0.9 && enough(converted, household.views.converted.fps) && enough(stills, 1_000 / stillEveryMs));
}

function describe({ ours, theirs }: Window['rates']): string {
  const each = ({ copied, converted, stills }: HouseholdCounts): string => `${copied.toFixed(0)} and ${converted.toFixed(0)} packets/s, ${stills.toFixed(2)} still pictures/s`;
  return `${each(ours)} against ${each(theirs)}`;
}

async function look({ ours, theirs, empty, cameras }: Staged): Promise<Moment> {
  const connections = async (side: Side): Promise<number> => (await cameras[side].statistics()).playing.main.now;
  const processMb = proportionalMb([ours.home.pid]) - proportionalMb([empty.pid]);
  return {
    memoryMb: { ours: processMb + proportionalMb(ours.home.processes()), process: processMb, theirs: proportionalMb(theirs.pids()) },
    connections: { ours: await connections('ours'), theirs: await connections('theirs') },
  };
}

function oursOf({ home, empty }: Window): number {
  return home.own - empty.own + home.started - empty.started;
}

function theirsOf({ copied, converted, motion, stills }: Window): number {
  return copied.cores + converted.cores + motion.cores + stills;
}

function processorRows(scene: string, windows: readonly Window[]): Row[] {
  const share = (what: string, of: (window: Window) => number, remark = ''): Row => {
    const percents = windows.map((window) => of(window) * 100);
    return { what: `${scene}: ${what}`, value: median(percents), unit: '% of a core', remark: `${spread(percents, 2, 'window')}${remark}` };
  };
  const ratios = windows.map((window) => oursOf(window) / theirsOf(window));
  return [
    { what: `${scene}: ours against theirs`, value: median(ratios), unit: 'times', remark: `${spread(ratios, 2, 'window')}; ${leavesOut}` },
    share('ours', oursOf, '; minus an empty Homebridge'),
    share('theirs', theirsOf),
    share('ours: Homebridge process', ({ home, empty }) => home.own - empty.own, '; minus an empty one'),
    share('ours: FFmpegs', ({ home }) => home.started),
    share('theirs: the copied view', ({ copied }) => copied.cores),
    share('theirs: the converted view', ({ converted }) => converted.cores, '; x264 ultrafast, ours superfast'),
    share('theirs: motion', ({ motion }) => motion.cores, '; pictures only, ours looks at them'),
    share('theirs: still pictures', ({ stills }) => stills),
  ];
}

function momentRows(scene: string, moments: readonly Moment[]): Row[] {
  const memory = (of: keyof Moment['memoryMb'], what: string, remark = ''): Row => {
    const values = moments.map(({ memoryMb }) => memoryMb[of]);
    return { what: `${scene}: memory, ${what}`, value: median(values), unit: 'MB', remark: `${spread(values, 0, 'moment')}${remark}` };
  };
  const ratios = moments.map(({ memoryMb }) => memoryMb.ours / memoryMb.theirs);
  const connected = (side: Side): Row => {
    const counts = moments.map(({ connections }) => connections[side]);
    return { what: `${scene}: connections to the camera, ${side}, on average`, value: counts.reduce((sum, count) => sum + count, 0) / counts.length, unit: 'connections', remark: `at most ${summarise(counts).max}` };
  };
  return [
    { what: `${scene}: memory, ours against theirs`, value: median(ratios), unit: 'times', remark: `${spread(ratios, 2, 'moment')}; what processes share counts once` },
    memory('ours', 'ours', '; minus an empty Homebridge'),
    memory('theirs', 'theirs'),
    memory('process', 'ours: Homebridge process', '; minus an empty one'),
    connected('ours'),
    connected('theirs'),
  ];
}
