import { setTimeout as sleep } from 'node:timers/promises';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { endedChildrenMs } from '../measure/ended-children.js';
import { median, spread } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { stageCamera } from '../stage/cameras.js';
import { fourNeeds } from '../stage/four-needs.js';
import { stagePlainMotion, stagePlainRendition, stagePlainSnapshots, type PlainSnapshots } from '../stage/plain-ffmpeg.js';
import { stageSharedVideo, type SharedVideo, type SharedVideoPart, type SharedVideoReport } from '../stage/shared-video.js';

/** Until the JavaScript engine has compiled what runs for each picture. */
const warmUpMs = 30_000;
const windowMs = 20_000;
/** A window in which pictures were left out is measured anew, so many times on average. */
const mostTries = 3;
const askedTimes = 0.75;
const codecs = { h264: 'H.264', hevc: 'HEVC' } as const;

type PlainPart = 'plain720p' | 'plain360p' | 'plainMotion';

/** One window: what runs of the plugin, and four FFmpegs that do the same. */
interface Window extends Readonly<Record<SharedVideoPart | PlainPart, CpuUse>> {
  /** Of the FFmpegs for snapshots, which have ended: as a share of a core. */
  readonly plainSnapshots: number;
  /** What came out, per second. */
  readonly rates: Readonly<Record<keyof SharedVideoReport | 'plainSnapshots', number>>;
}

/** What one decoder for all saves. */
export const sharedDecoder: Scenario = {
  name: 'shared-decoder',
  title: 'processor time of two renditions, pictures for motion and a snapshot a second, against a separate FFmpeg for each at the same time',
  linuxOnly: true,
  async run(bench) {
    const rows: Row[] = [];
    for (const codec of ['h264', 'hevc'] as const) {
      rows.push(...(await measureCodec(bench, codec)));
    }
    return rows;
  },
};

async function measureCodec(bench: Bench, codec: keyof typeof codecs): Promise<Row[]> {
  const { signal, quick } = bench;
  const wanted = quick ? 1 : 6;
  await using camera = await stageCamera(bench, { codec });
  const url = camera.url();
  await using shared = await stageSharedVideo(bench, url);
  await using plain720p = await stagePlainRendition(bench, url, fourNeeds.renditions['720p']);
  await using plain360p = await stagePlainRendition(bench, url, fourNeeds.renditions['360p']);
  await using plainMotion = await stagePlainMotion(bench, url, fourNeeds.motion);
  await using snapshots = stagePlainSnapshots(bench, url, fourNeeds.snapshot);
  await sleep(quick ? 5_000 : warmUpMs, undefined, { signal });
  const separate = { plain720p: [plain720p.pid], plain360p: [plain360p.pid], plainMotion: [plainMotion.pid] };
  const windows: Window[] = [];
  for (let tries = 0; windows.length < wanted; tries++) {
    const window = await measureWindow(shared, separate, snapshots, quick ? 6_000 : windowMs, signal);
    const outcome = isWhole(window) ? 'counts' : 'does not count: pictures are missing';
    bench.say(`${codecs[codec]}: ${(sharedOf(window) * 100).toFixed(0)} against ${(plainOf(window) * 100).toFixed(0)} % of a core; ${describe(window)}; ${outcome}`);
    if (isWhole(window)) {
      windows.push(window);
    } else if (tries >= mostTries * wanted) {
      throw new Error('This machine is too busy: again and again pictures were left out.');
    }
  }
  return rows(codecs[codec], windows);
}

async function measureWindow(shared: SharedVideo, separate: Readonly<Record<PlainPart, readonly number[]>>, snapshots: PlainSnapshots, ms: number, signal: AbortSignal): Promise<Window> {
  const before = { report: await shared.report(), taken: snapshots.counts().taken, endedMs: endedChildrenMs() };
  const measured = await measureCpu({ ...shared.processes(), ...separate }, ms, signal);
  const endedMs = endedChildrenMs() - before.endedMs;
  const taken = snapshots.counts().taken - before.taken;
  const report = await shared.report();
  const rate = (of: keyof SharedVideoReport): number => ((report[of] - before.report[of]) * 1000) / ms;
  return {
    ...measured,
    plainSnapshots: endedMs / ms,
    rates: { '720p': rate('720p'), '360p': rate('360p'), motion: rate('motion'), snapshots: rate('snapshots'), snapshotsFailed: rate('snapshotsFailed'), leftOut: rate('leftOut'), plainSnapshots: (taken * 1000) / ms },
  };
}

/** Whether all was done that was asked for: what is left out costs nothing. */
function isWhole({ rates }: Window): boolean {
  const { renditions, motion, snapshot } = fourNeeds;
  const enough = (rate: number, wanted: number): boolean => rate > wanted * 0.97 - 0.1;
  return (
    enough(rates['720p'], renditions['720p'].fps) &&
    enough(rates['360p'], renditions['360p'].fps) &&
    enough(rates.motion, motion.fps) &&
    enough(rates.snapshots, 1_000 / snapshot.everyMs) &&
    enough(rates.plainSnapshots, 1_000 / snapshot.everyMs)
  );
}

function describe({ rates }: Window): string {
  const { '720p': large, '360p': little, motion, snapshots, plainSnapshots } = rates;
  return `${large.toFixed(1)} and ${little.toFixed(1)} pictures/s, ${motion.toFixed(1)} for motion, ${snapshots.toFixed(1)} and ${plainSnapshots.toFixed(1)} snapshots/s`;
}

function sharedOf({ node, connection, decoder, '720p': large, '360p': little, stills }: Window): number {
  return node.cores + connection.cores + decoder.cores + large.cores + little.cores + stills.cores;
}

function plainOf({ plain720p, plain360p, plainMotion, plainSnapshots }: Window): number {
  return plain720p.cores + plain360p.cores + plainMotion.cores + plainSnapshots;
}

function rows(codec: string, windows: readonly Window[]): Row[] {
  const ratio = (what: string, of: (window: Window) => number): Row => ({ what: `${codec}: ${what}`, value: median(windows.map(of)), unit: 'times', remark: spread(windows.map(of), 2, 'window') });
  const share = (what: string, of: (window: Window) => number, remark = ''): Row => {
    const percents = windows.map((window) => of(window) * 100);
    return { what: `${codec}: ${what}`, value: median(percents), unit: '% of a core', remark: `${spread(percents, 2, 'window')}${remark}` };
  };
  const part = (what: string, name: SharedVideoPart | PlainPart): Row => {
    const waited = median(windows.map((window) => window[name].waitedMs / Math.max(1, window[name].cpuMs)));
    return share(what, (window) => window[name].cores, `; waited ${Math.round(waited * 100)} % on top for a core`);
  };
  return [
    { ...ratio('shared against separate', (window) => sharedOf(window) / plainOf(window)), atMost: askedTimes },
    ratio('the same without the snapshots', (window) => (sharedOf(window) - window.stills.cores) / (plainOf(window) - window.plainSnapshots)),
    share('shared, everything', sharedOf, `; ${windows.map(describe)[0] ?? ''}`),
    share('separate, everything', plainOf),
    part('shared: Node', 'node'),
    part('shared: connection', 'connection'),
    part('shared: decoder', 'decoder'),
    part('shared: encoder 720p', '720p'),
    part('shared: encoder 360p', '360p'),
    part('shared: JPEGs', 'stills'),
    part('separate: 720p', 'plain720p'),
    part('separate: 360p', 'plain360p'),
    part('separate: motion', 'plainMotion'),
    share('separate: snapshots', ({ plainSnapshots }) => plainSnapshots),
  ];
}
