import { setTimeout as sleep } from 'node:timers/promises';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { median, spread } from '../measure/statistics.js';
import type { Row, Scenario } from '../scenario.js';
import { stageCameras } from '../stage/cameras.js';
import { stageEmptyHomebridge, stageHomebridge } from '../stage/homebridge.js';

const many = 8;
/** As in the scenario `idle`: one camera needs it more than eight do, and would look dear without it. */
const warmUpMs = 40_000;
type Measured = Readonly<Record<'one' | 'oneFfmpeg' | 'many' | 'manyFfmpegs' | 'empty', CpuUse>>;

/** Whether a house full of cameras costs more than so many times one camera. */
export const cameras: Scenario = {
  name: 'cameras',
  title: `processor time per camera with ${many} warm cameras, against the same with one, at the same time`,
  linuxOnly: true,
  async run(bench) {
    const { signal, quick } = bench;
    await using staged = await stageCameras(bench, many);
    const entries = staged.cameras.map((camera, index) => ({ name: `Bench ${index + 1}`, source: camera.url() }));
    await using empty = await stageEmptyHomebridge(bench);
    await using one = await stageHomebridge(bench, entries.slice(0, 1));
    await using all = await stageHomebridge(bench, entries);
    await sleep(quick ? 5_000 : warmUpMs, undefined, { signal });
    const windows: Measured[] = [];
    for (let window = 0; window < (quick ? 1 : 3); window++) {
      const groups = { one: [one.pid], oneFfmpeg: one.ffmpegs(), many: [all.pid], manyFfmpegs: all.ffmpegs(), empty: [empty.pid] };
      windows.push(await measureCpu(groups, quick ? 8_000 : 30_000, signal));
    }
    return rows(windows);
  },
};

function rows(windows: readonly Measured[]): Row[] {
  const percent = (what: string, of: (measured: Measured) => number): Row => {
    const values = windows.map((measured) => of(measured) * 100);
    return { what, value: median(values), unit: '% of a core', remark: spread(values, 2, 'window') };
  };
  const ratio = (what: string, of: (measured: Measured) => number, asked?: number): Row => {
    const values = windows.map(of);
    const tolerance = asked === undefined ? '' : '; what the windows differ by is noise';
    return { what, value: median(values), unit: 'times', remark: `${spread(values, 2, 'window')}${tolerance}`, ...(asked === undefined ? {} : { atMost: asked }) };
  };
  const manyEach = (measured: Measured): number => (measured.many.cores + measured.manyFfmpegs.cores - measured.empty.cores) / many;
  const single = (measured: Measured): number => measured.one.cores + measured.oneFfmpeg.cores - measured.empty.cores;
  return [
    ratio(`a camera among ${many} against a single one`, (measured) => manyEach(measured) / single(measured), 1),
    ratio('the same, Homebridge process only', ({ many: all, one, empty }) => (all.cores - empty.cores) / many / (one.cores - empty.cores)),
    ratio('the same, FFmpeg only', ({ manyFfmpegs, oneFfmpeg }) => manyFfmpegs.cores / many / oneFfmpeg.cores),
    percent(`each of ${many} cameras`, manyEach),
    percent('a single camera', single),
    percent(`Homebridge process with ${many} cameras`, ({ many: all }) => all.cores),
    percent('Homebridge process with one camera', ({ one }) => one.cores),
    percent('empty Homebridge process', ({ empty }) => empty.cores),
  ];
}
