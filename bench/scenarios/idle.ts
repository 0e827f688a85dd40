import { setTimeout as sleep } from 'node:timers/promises';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { median, spread } from '../measure/statistics.js';
import type { Row, Scenario } from '../scenario.js';
import { stageCamera } from '../stage/cameras.js';
import { stageEmptyHomebridge, stageHomebridge } from '../stage/homebridge.js';
import { stagePlainCopy } from '../stage/plain-ffmpeg.js';

type Measured = Readonly<Record<'homebridge' | 'ffmpeg' | 'empty' | 'plain', CpuUse>>;

/** At 30 pictures a second the JavaScript engine takes about so long to compile what runs for each of them. */
const warmUpMs = 40_000;
/** Asked of everything together, as a multiple of one plain FFmpeg that copies the same camera. */
const askedTimes = 2.5;

/** What a camera costs that is connected and that nobody looks at. */
export const idle: Scenario = {
  name: 'idle',
  title: 'processor time of one warm camera, against a plain "ffmpeg -c copy -f null" on the same camera at the same time',
  linuxOnly: true,
  async run(bench) {
    const { signal, quick } = bench;
    await using camera = await stageCamera(bench);
    await using empty = await stageEmptyHomebridge(bench);
    await using home = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url() }]);
    await using plain = await stagePlainCopy(bench, camera.url());
    await sleep(quick ? 4_000 : warmUpMs, undefined, { signal });
    const windows: Measured[] = [];
    for (let window = 0; window < (quick ? 1 : 3); window++) {
      const groups = { homebridge: [home.pid], ffmpeg: home.ffmpegs(), empty: [empty.pid], plain: [plain.pid] };
      windows.push(await measureCpu(groups, quick ? 8_000 : 30_000, signal));
    }
    return rows(windows);
  },
};

function rows(windows: readonly Measured[]): Row[] {
  const row = (what: string, of: (measured: Measured) => number, asked?: number): Row => {
    const values = windows.map(of);
    return { what, value: median(values), unit: 'times', remark: spread(values, 2, 'window'), ...(asked === undefined ? {} : { atMost: asked }) };
  };
  const share = (name: keyof Measured, what: string): Row => ({
    what,
    value: median(windows.map((measured) => measured[name].cores * 100)),
    unit: '% of a core',
    remark: `${spread(windows.map((measured) => measured[name].cores * 100), 2, 'window')}; waited ${Math.round(waitedShare(windows, name) * 100)} % on top for a core`,
  });
  return [
    row('together, minus an empty Homebridge, against plain', ({ homebridge, ffmpeg, empty, plain }) => (homebridge.cores + ffmpeg.cores - empty.cores) / plain.cores, askedTimes),
    row('together, nothing subtracted, against plain', ({ homebridge, ffmpeg, plain }) => (homebridge.cores + ffmpeg.cores) / plain.cores, askedTimes),
    row('its FFmpeg alone, against plain', ({ ffmpeg, plain }) => ffmpeg.cores / plain.cores),
    row('Homebridge process minus empty, against plain', ({ homebridge, empty, plain }) => (homebridge.cores - empty.cores) / plain.cores),
    share('homebridge', 'Homebridge process'),
    share('ffmpeg', 'its FFmpeg'),
    share('empty', 'empty Homebridge process'),
    share('plain', 'plain FFmpeg'),
  ];
}

function waitedShare(windows: readonly Measured[], name: keyof Measured): number {
  return median(windows.map((measured) => measured[name].waitedMs / Math.max(1, measured[name].cpuMs)));
}
