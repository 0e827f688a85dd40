import { setTimeout as sleep } from 'node:timers/promises';
import { processFacts } from '../../test/support/homebridge/process-tree.js';
import { median, spread } from '../measure/statistics.js';
import type { Row, Scenario } from '../scenario.js';
import { stageCamera } from '../stage/cameras.js';
import { stageEmptyHomebridge, stageHomebridge } from '../stage/homebridge.js';

const askedMb = 120;
const sampleEveryMs = 500;

/** What a warm camera takes in memory, its ring full (10 to 12 s). */
export const memory: Scenario = {
  name: 'memory',
  title: 'resident memory with one warm camera after a minute, against an empty Homebridge of the same age',
  linuxOnly: true,
  async run(bench) {
    const { signal, quick } = bench;
    await using camera = await stageCamera(bench);
    await using empty = await stageEmptyHomebridge(bench);
    await using home = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url() }]);
    await sleep(quick ? 14_000 : 55_000, undefined, { signal });
    const samples: Record<'homebridge' | 'empty' | 'ffmpeg', number[]> = { homebridge: [], empty: [], ffmpeg: [] };
    // The garbage collector makes a saw of it: ten seconds show its teeth.
    for (let sample = 0; sample < (quick ? 4 : 20); sample++) {
      samples.homebridge.push(residentMb([home.pid]));
      samples.empty.push(residentMb([empty.pid]));
      samples.ffmpeg.push(residentMb(home.ffmpegs()));
      await sleep(sampleEveryMs, undefined, { signal });
    }
    return rows(samples);
  },
};

function rows({ homebridge, empty, ffmpeg }: Readonly<Record<'homebridge' | 'empty' | 'ffmpeg', readonly number[]>>): Row[] {
  const row = (what: string, values: readonly number[]): Row => ({ what, value: median(values), unit: 'MB', remark: spread(values) });
  return [
    { what: 'Homebridge with a camera minus an empty one', value: median(homebridge) - median(empty), unit: 'MB', atMost: askedMb, remark: `highest ${Math.round(Math.max(...homebridge) - Math.min(...empty))}` },
    row('Homebridge with a camera', homebridge),
    row('empty Homebridge', empty),
    row('its FFmpeg', ffmpeg),
  ];
}

/** VmRSS: pages that several processes share count for each of them. In MiB. */
function residentMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (processFacts(pid)?.rssBytes ?? 0), 0) / 2 ** 20;
}
