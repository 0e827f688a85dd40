import { setTimeout as sleep } from 'node:timers/promises';
import type { AudioCodec } from '../../test/support/camera/sound-formats.js';
import { countCpu, measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { median, spread } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { beginRecording, pastIsThere, recordingIsOver, stageArmedCamera, type ArmedCamera } from '../stage/armed-camera.js';

interface SoundCase {
  readonly audio: AudioCodec;
  readonly name: string;
  readonly askedPercent?: number;
}

const sounds: readonly SoundCase[] = [
  { audio: 'none', name: 'no sound', askedPercent: 1.5 },
  { audio: 'aac32', name: 'AAC 32 kHz' },
  { audio: 'pcmu', name: 'G.711', askedPercent: 3 },
];
/** Until the code that runs for each picture and each fragment is compiled; a recording runs in the second half of it. */
const warmUpMs = 40_000;
/** What a recording sends when it begins is not the running cost: it has a row of its own. */
const settleMs = 1_000;

/** What a copied recording costs while it runs. */
export const recordingCost: Scenario = {
  name: 'recording-cost',
  title: 'processor time that a copied recording adds to Homebridge and all that it started, against the same camera armed, in turn',
  linuxOnly: true,
  async run(bench) {
    await using silent = await stageArmedCamera(bench, {});
    await using aac = await stageArmedCamera(bench, { audio: 'aac32' });
    await using g711 = await stageArmedCamera(bench, { audio: 'pcmu' });
    const staged = [silent, aac, g711];
    await warmUp(bench, staged);
    const rounds: Round[] = [];
    for (let round = 0; round < (bench.quick ? 1 : 4); round++) {
      rounds.push(await measureRound(bench, staged));
      bench.say(`round ${round + 1}: ${sounds.map(({ name }, which) => `${name} ${percentAdded(rounds.at(-1), which).toFixed(2)} %`).join(', ')}`);
    }
    return sounds.flatMap((sound, which) => rowsOf(sound, which, rounds));
  },
};

/** Each camera's processes in one window. */
interface Window {
  readonly homebridge: CpuUse;
  /** What runs anyway: the FFmpeg that is connected to the camera. */
  readonly connection: CpuUse;
  /** What the recording has started. */
  readonly added: CpuUse;
}

/** A window for each camera in which it records and the others do not; by camera, then by window. */
interface Round {
  readonly windows: readonly (readonly Window[])[];
  /** Of each camera: processor time from before the hub's connection to a second after the first fragment. */
  readonly beginnings: readonly CpuUse[];
}

async function warmUp(bench: Bench, staged: readonly ArmedCamera[]): Promise<void> {
  await pastIsThere(bench);
  const recordings = await Promise.all(staged.map(beginRecording));
  try {
    await sleep(bench.quick ? 4_000 : warmUpMs / 2, undefined, { signal: bench.signal });
  } finally {
    await Promise.all(recordings.map((each) => each[Symbol.asyncDispose]()));
  }
}

async function measureRound({ quick, signal }: Bench, staged: readonly ArmedCamera[]): Promise<Round> {
  const windows: Window[][] = staged.map(() => []);
  const beginnings: CpuUse[] = [];
  for (const turn of staged) {
    await Promise.all(staged.map(recordingIsOver));
    const idle = staged.map(({ home }) => home.processes());
    const beginning = countCpu([turn.home.pid, ...turn.home.processes()]);
    await using _running = await beginRecording(turn);
    await sleep(settleMs, undefined, { signal });
    beginnings.push(beginning(turn.home.processes()));
    const groups = staged.flatMap(({ home }, index): [string, readonly number[]][] => [
      [`homebridge ${index}`, [home.pid]],
      [`connection ${index}`, idle[index] ?? []],
      [`added ${index}`, home.processes().filter((pid) => !idle[index]?.includes(pid))],
    ]);
    // Whole fragments of four seconds: each window has as many of them.
    const measured = await measureCpu(Object.fromEntries(groups), quick ? 8_000 : 20_000, signal);
    windows.forEach((of, index) => {
      const use = (name: string): CpuUse => measured[`${name} ${index}`] ?? { cores: 0, cpuMs: 0, waitedMs: 0 };
      of.push({ homebridge: use('homebridge'), connection: use('connection'), added: use('added') });
    });
  }
  return { windows, beginnings };
}

const parts = ['homebridge', 'connection', 'added'] as const;

/** While it records, minus the mean of the windows in which others do. */
function percentAdded(round: Round | undefined, which: number, of: readonly (typeof parts)[number][] = parts): number {
  const percents = (round?.windows[which] ?? []).map((window) => of.reduce((sum, part) => sum + window[part].cores * 100, 0));
  return (percents[which] ?? 0) - meanWithout(percents, which);
}

function meanWithout(values: readonly number[], left: number): number {
  const others = values.filter((_, index) => index !== left);
  return others.reduce((sum, value) => sum + value, 0) / others.length;
}

function rowsOf({ name, askedPercent }: SoundCase, which: number, rounds: readonly Round[]): Row[] {
  const added = rounds.map((round) => percentAdded(round, which));
  const part = (one: (typeof parts)[number]): string => median(rounds.map((round) => percentAdded(round, which, [one]))).toFixed(2);
  const idle = rounds.map((round) => meanWithout((round.windows[which] ?? []).map((window) => parts.reduce((sum, one) => sum + window[one].cores * 100, 0)), which));
  const waited = median(rounds.map(({ windows }) => (windows[which]?.[which]?.homebridge.waitedMs ?? 0) / Math.max(1, windows[which]?.[which]?.homebridge.cpuMs ?? 0)));
  const beginnings = rounds.map(({ beginnings: each }, index) => (each[which]?.cpuMs ?? 0) * (1 - (idle[index] ?? 0) / 100 / Math.max(each[which]?.cores ?? 0, 1e-9)));
  return [
    {
      what: `${name}: a recording adds`, value: median(added), unit: '% of a core', ...(askedPercent === undefined ? {} : { atMost: askedPercent }),
      remark: `${spread(added, 2, 'pair')}; Homebridge ${part('homebridge')}, connection ${part('connection')}, started for it ${part('added')}; waited ${Math.round(waited * 100)} % on top for a core`,
    },
    { what: `${name}: armed and not recording`, value: median(idle), unit: '% of a core', remark: spread(idle, 2, 'pair') },
    { what: `${name}: to begin a recording costs once`, value: median(beginnings), unit: 'ms', remark: `${spread(beginnings)}; the hub's new connections, the past, and a second more` },
  ];
}
