import { setTimeout as sleep } from 'node:timers/promises';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { median, spread } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { beginRecording, pastIsThere, recordingIsOver, stageArmedCamera, type ArmedCamera } from '../stage/armed-camera.js';
import { stageEmptyHomebridge } from '../stage/homebridge.js';
import { stagePlainCopy, stagePlainTranscode, type PlainFfmpeg } from '../stage/plain-ffmpeg.js';

const size = { width: 1280, height: 720, fps: 30, bitrateKbps: 2_000 } as const;
/** Until the past has gone through the encoder, which takes it as fast as it can. */
const caughtUpAfterMs = 8_000;

type Measured = Readonly<Record<'homebridge' | 'connection' | 'encoder' | 'empty' | 'plainTranscode' | 'plainCopy', CpuUse>>;

/** What a recording costs that has to be converted. */
export const recordingConverted: Scenario = {
  name: 'recording-converted',
  title: `processor time of recording HEVC 1080p30 as H.264 ${size.width}x${size.height}, against a plain FFmpeg doing so at the same time`,
  linuxOnly: true,
  async run(bench) {
    await using staged = await stageArmedCamera(bench, { codec: 'hevc' }, size);
    await using empty = await stageEmptyHomebridge(bench);
    await using copy = await stagePlainCopy(bench, staged.camera.url());
    await pastIsThere(bench);
    const windows: Measured[] = [];
    for (let window = 0; window < (bench.quick ? 1 : 3); window++) {
      windows.push(await measureWindow(bench, staged, [empty.pid], copy));
      bench.say(`window ${window + 1}: encoder ${((windows.at(-1)?.encoder.cores ?? 0) * 100).toFixed(0)} % of a core, plain FFmpeg ${((windows.at(-1)?.plainTranscode.cores ?? 0) * 100).toFixed(0)} %`);
    }
    return rows(windows);
  },
};

async function measureWindow(bench: Bench, staged: ArmedCamera, empty: readonly number[], plainCopy: PlainFfmpeg): Promise<Measured> {
  await recordingIsOver(staged);
  const connection = staged.home.processes();
  await using plain = await stagePlainTranscode(bench, staged.camera.url(), size);
  await using _recording = await beginRecording(staged);
  await sleep(caughtUpAfterMs, undefined, { signal: bench.signal });
  const encoder = staged.home.processes().filter((pid) => !connection.includes(pid));
  const groups = { homebridge: [staged.home.pid], connection, encoder, empty, plainTranscode: [plain.pid], plainCopy: [plainCopy.pid] };
  return await measureCpu(groups, bench.quick ? 8_000 : 20_000, bench.signal);
}

function rows(windows: readonly Measured[]): Row[] {
  const ratio = (what: string, of: (measured: Measured) => number): Row => ({ what, value: median(windows.map(of)), unit: 'times', remark: spread(windows.map(of), 2, 'window') });
  const share = (what: string, name: keyof Measured): Row => {
    const percents = windows.map((window) => window[name].cores * 100);
    const waited = median(windows.map((window) => window[name].waitedMs / Math.max(1, window[name].cpuMs)));
    return { what, value: median(percents), unit: '% of a core', remark: `${spread(percents, 2, 'window')}; waited ${Math.round(waited * 100)} % on top for a core` };
  };
  return [
    ratio('everything, minus an empty Homebridge, against a plain FFmpeg', ({ homebridge, connection, encoder, empty, plainTranscode }) => (homebridge.cores + connection.cores + encoder.cores - empty.cores) / plainTranscode.cores),
    ratio('the encoder alone, against a plain FFmpeg', ({ encoder, plainTranscode }) => encoder.cores / plainTranscode.cores),
    share('the encoder', 'encoder'),
    share('Homebridge process', 'homebridge'),
    share('its connection to the camera', 'connection'),
    share('plain FFmpeg, the same conversion', 'plainTranscode'),
    share('plain FFmpeg, copying', 'plainCopy'),
    share('empty Homebridge process', 'empty'),
  ];
}
