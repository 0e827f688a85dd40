import { setTimeout as sleep } from 'node:timers/promises';
import { selected1080p } from '../stage/armed-camera.js';
import type { Controller } from '../../test/support/controller/controller.js';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { median, spread } from '../measure/statistics.js';
import type { Row, Scenario } from '../scenario.js';
import { stageCamera } from '../stage/cameras.js';
import { stageEmptyHomebridge, stageHomebridge, type StagedHomebridge } from '../stage/homebridge.js';

/** As in the scenario `idle`. */
const warmUpMs = 40_000;
const settleMs = 1_000;
const askedTimes = 1.1;

type Measured = Readonly<Record<'empty' | 'armed' | 'warm' | 'armedSound' | 'warmSound', CpuUse>>;

/** What it costs that recordings may be asked for. */
export const recordingArmed: Scenario = {
  name: 'recording-armed',
  title: 'processor time of a camera that is armed and not recording, against the same camera kept warm only, at the same time',
  linuxOnly: true,
  async run(bench) {
    const { signal, quick } = bench;
    await using silent = await stageCamera(bench);
    await using g711 = await stageCamera(bench, { audio: 'pcmu' });
    await using empty = await stageEmptyHomebridge(bench);
    // Two that are alike, armed in turn: what one process is dearer than the other cancels out.
    await using one = await stageHomebridge(bench, [{ name: 'Bench', source: silent.url() }]);
    await using other = await stageHomebridge(bench, [{ name: 'Bench', source: silent.url() }]);
    // These stay as they are: whether there is sound is an option.
    await using warmSound = await stageHomebridge(bench, [{ name: 'Bench', source: g711.url(), audio: false }]);
    await using armedSound = await stageHomebridge(bench, [{ name: 'Bench', source: g711.url(), keepWarm: false }]);
    await (await armedSound.controller('Bench')).armRecording({ ...selected1080p, audio: true });
    const turns: readonly { readonly home: StagedHomebridge; readonly hub: Controller }[] = [
      { home: one, hub: await one.controller('Bench') },
      { home: other, hub: await other.controller('Bench') },
    ];
    await sleep(quick ? 5_000 : warmUpMs, undefined, { signal });
    const pairs: Measured[][] = [];
    for (let pair = 0; pair < (quick ? 1 : 4); pair++) {
      const windows: Measured[] = [];
      for (const armed of turns) {
        const warm = turns.find((each) => each !== armed) ?? armed;
        await warm.hub.disarmRecording();
        await armed.hub.armRecording({ ...selected1080p, audio: false });
        await sleep(settleMs, undefined, { signal });
        const groups = { empty: [empty.pid], armed: all(armed.home), warm: all(warm.home), armedSound: all(armedSound), warmSound: all(warmSound) };
        windows.push(await measureCpu(groups, quick ? 6_000 : 20_000, signal));
      }
      pairs.push(windows);
    }
    return rows(pairs);
  },
};

function all(home: StagedHomebridge): readonly number[] {
  return [home.pid, ...home.processes()];
}

function rows(pairs: readonly (readonly Measured[])[]): Row[] {
  /** Of both windows of a pair. */
  const together = (name: keyof Measured): number[] => pairs.map((windows) => windows.reduce((sum, window) => sum + window[name].cores, 0));
  const empty = together('empty');
  const ratios = (armed: keyof Measured, warm: keyof Measured, minusEmpty: boolean): number[] => {
    const less = (values: readonly number[]): number[] => values.map((value, index) => value - (minusEmpty ? (empty[index] ?? 0) : 0));
    const below = less(together(warm));
    return less(together(armed)).map((value, index) => value / (below[index] ?? 0));
  };
  const ratio = (what: string, values: readonly number[], asked?: number): Row => ({ what, value: median(values), unit: 'times', remark: spread(values, 2, 'pair'), ...(asked === undefined ? {} : { atMost: asked }) });
  const share = (name: keyof Measured, what: string): Row => {
    const percents = pairs.flat().map((window) => window[name].cores * 100);
    const waited = median(pairs.flat().map((window) => window[name].waitedMs / Math.max(1, window[name].cpuMs)));
    return { what, value: median(percents), unit: '% of a core', remark: `${spread(percents, 2, 'window')}; waited ${Math.round(waited * 100)} % on top for a core` };
  };
  return [
    ratio('armed against warm, without sound, minus an empty Homebridge', ratios('armed', 'warm', true), askedTimes),
    ratio('the same, nothing subtracted', ratios('armed', 'warm', false)),
    ratio('armed with G.711 against warm without sound, minus an empty one', ratios('armedSound', 'warmSound', true)),
    ratio('the same, nothing subtracted', ratios('armedSound', 'warmSound', false)),
    share('armed', 'armed'),
    share('warm', 'warm'),
    share('armedSound', 'armed with G.711'),
    share('warmSound', 'warm, the camera with G.711'),
    share('empty', 'empty Homebridge process'),
  ];
}
