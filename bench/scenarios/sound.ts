import { setTimeout as sleep } from 'node:timers/promises';
import type { Controller } from '../../test/support/controller/controller.js';
import { prepareLive, type LiveReceiver } from '../../test/support/controller/live-receiver.js';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { stageCamera } from '../stage/cameras.js';
import { stageHomebridge, type StagedHomebridge } from '../stage/homebridge.js';

const request = { width: 1280, height: 720, fps: 30, bitrateKbps: 299 } as const;
/** As in the scenario `idle`. */
const warmUpMs = 40_000;
/** An encoder that has no viewer any more has ended, and the next view starts one. */
const idleAgainMs = 6_000;
const packetWithinMs = 5_000;
const asked = { viewedPercent: 1.5, firstPacketMs: 500 } as const;

type Windows = Readonly<Record<'heard' | 'silent' | 'unwatched' | 'unwatchedSilent', readonly CpuUse[]>>;

/** What sound costs, and how soon it is heard. */
export const sound: Scenario = {
  name: 'sound',
  title: 'processor time that sound adds to a camera, watched and not, and from START being written to the first packet of sound',
  linuxOnly: true,
  async run(bench) {
    const { signal, quick } = bench;
    await using camera = await stageCamera(bench, { audio: 'pcmu' });
    await using withSound = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url() }]);
    await using without = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url(), audio: false }]);
    const viewers = await Promise.all([withSound, without].map((home) => home.controller('Bench')));
    await sleep(quick ? 5_000 : warmUpMs, undefined, { signal });
    const windows = await measureWindows(bench, { withSound, without, viewers });
    const starts: number[] = [];
    for (let sample = 0; sample < (quick ? 2 : 20); sample++) {
      await sleep(idleAgainMs + Math.random() * 2_000, undefined, { signal });
      starts.push(await firstPacketMs(viewers[0], signal));
    }
    return rows(windows, starts);
  },
};

interface Stage {
  readonly withSound: StagedHomebridge;
  readonly without: StagedHomebridge;
  readonly viewers: readonly Controller[];
}

/** Both homes at the same time, watched and unwatched in turn. */
async function measureWindows({ signal, quick }: Bench, { withSound, without, viewers }: Stage): Promise<Windows> {
  const found: Record<keyof Windows, CpuUse[]> = { heard: [], silent: [], unwatched: [], unwatchedSilent: [] };
  const window = async (sounding: keyof Windows, silent: keyof Windows): Promise<void> => {
    await sleep(2_000, undefined, { signal });
    const use = await measureCpu({ sounding: all(withSound), silent: all(without) }, quick ? 5_000 : 20_000, signal);
    found[sounding].push(use.sounding);
    found[silent].push(use.silent);
  };
  for (let pair = 0; pair < (quick ? 1 : 5); pair++) {
    await window('unwatched', 'unwatchedSilent');
    const lives = await Promise.all(viewers.map(async (viewer) => (await prepareLive(viewer, request)).start()));
    await window('heard', 'silent');
    await Promise.all(lives.map((live) => live.stop()));
    await sleep(idleAgainMs, undefined, { signal });
  }
  return found;
}

async function firstPacketMs(viewer: Controller | undefined, signal: AbortSignal): Promise<number> {
  if (!viewer) {
    throw new Error('There is no viewer.');
  }
  const live = await (await prepareLive(viewer, request)).start();
  try {
    return await firstArrival(live, signal);
  } finally {
    await live.stop();
  }
}

async function firstArrival(live: LiveReceiver, signal: AbortSignal): Promise<number> {
  const deadlineMs = live.startIssuedMs + packetWithinMs;
  while (performance.now() < deadlineMs) {
    const [first] = live.audio.packets();
    if (first) {
      return first.arrivalMs - live.startIssuedMs;
    }
    await sleep(10, undefined, { signal });
  }
  throw new Error(`No sound came within ${packetWithinMs / 1000} s.`);
}

function all(home: StagedHomebridge): readonly number[] {
  return [home.pid, ...home.processes()];
}

function rows(windows: Windows, starts: readonly number[]): Row[] {
  const added = (sounding: keyof Windows, silent: keyof Windows): number[] => windows[sounding].map(({ cores }, index) => (cores - (windows[silent][index]?.cores ?? 0)) * 100);
  const percent = (name: keyof Windows): number => median(windows[name].map(({ cores }) => cores * 100));
  const watched = added('heard', 'silent');
  const unwatched = added('unwatched', 'unwatchedSilent');
  const first = summarise(starts);
  return [
    { what: 'added by sound while one watches', value: median(watched), unit: '% of a core', atMost: asked.viewedPercent, remark: `${spread(watched, 2, 'window')}; with sound ${percent('heard').toFixed(2)}, without ${percent('silent').toFixed(2)}` },
    { what: 'added by sound while nobody watches', value: median(unwatched), unit: '% of a core', remark: `${spread(unwatched, 2, 'window')}; with sound ${percent('unwatched').toFixed(2)}, without ${percent('unwatchedSilent').toFixed(2)}` },
    { what: 'START to the first packet of sound, median', value: first.median, unit: 'ms', atMost: asked.firstPacketMs, remark: spread(starts) },
    { what: 'START to the first packet of sound, p95', value: first.p95, unit: 'ms' },
  ];
}
