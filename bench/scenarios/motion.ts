import { setTimeout as sleep } from 'node:timers/promises';
import { marksZones } from '../../test/support/camera/marks.js';
import { spawnCamera, type SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import { EventLog } from '../../test/support/controller/event-log.js';
import { hapCharacteristic, hapService } from '../../test/support/controller/hap-types.js';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { stageHomebridge, type CameraEntry, type StagedHomebridge } from '../stage/homebridge.js';

const houses = [1, 4, 16] as const;
const learnMs = 15_000;
const events = 10;
const eventWithinMs = 10_000;
/** Nobody comes every few seconds: what came just before counts as restlessness of the scene. */
const pauseMs = 15_000;
/** As small streams of cameras usually are. */
const smallStream = { scene: 'still', width: 640, height: 360, fps: 15, bitrateKbps: 500, keyframeSeconds: 2, seconds: 20 } as const;

type Measured = Readonly<Record<'watching' | 'decoders' | 'warm', CpuUse>>;

/** What it costs to look for motion in the small streams of a house, end to end, and how soon HomeKit is told. */
export const motion: Scenario = {
  name: 'motion',
  title: `motion seen in sub streams (${smallStream.width}x${smallStream.height}, ${smallStream.fps} fps): what it adds to cameras that are kept warm, at the same time, and how soon HomeKit is told`,
  linuxOnly: true,
  async run(bench) {
    await using camera = await stageScene(bench);
    const rows: Row[] = [];
    for (const count of bench.quick ? houses.slice(0, 1) : houses) {
      rows.push(...(await costRows(bench, camera, count)));
    }
    return [...rows, ...(await latencyRows(bench, camera))];
  },
};

async function stageScene({ ffmpeg }: Bench): Promise<SpawnedCamera & AsyncDisposable> {
  const camera = await spawnCamera({ main: smallStream, sub: smallStream, ffmpegPath: ffmpeg.path });
  return Object.assign(camera, { [Symbol.asyncDispose]: () => camera.close() });
}

/** All of them are the one simulated camera: what it does for them is not counted. */
function entries(camera: SpawnedCamera, count: number, motionDetection: 'on' | 'off'): CameraEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `Bench ${index + 1}`,
    source: camera.url('main'),
    substream: camera.url('sub'),
    motionDetection,
    motionTimeout: 1,
    motionZones: marksZones,
  }));
}

async function costRows(bench: Bench, camera: SpawnedCamera, count: number): Promise<Row[]> {
  const { quick, signal } = bench;
  await using warm = await stageHomebridge(bench, entries(camera, count, 'off'));
  await using watching = await stageHomebridge(bench, entries(camera, count, 'on'));
  await sleep(quick ? 5_000 : learnMs, undefined, { signal });
  const windows: Measured[] = [];
  for (let window = 0; window < (quick ? 1 : 3); window++) {
    const groups = { watching: [watching.pid], decoders: decodersOf(watching, count), warm: [warm.pid] };
    windows.push(await measureCpu(groups, quick ? 8_000 : 20_000, signal));
  }
  const percent = (what: string, of: (measured: Measured) => number, atMost?: number): Row => {
    const values = windows.map((measured) => (of(measured) * 100) / count);
    return { what: `${what}, each of ${count}`, value: median(values), unit: '% of a core', remark: spread(values, 2, 'window'), ...(atMost === undefined ? {} : { atMost }) };
  };
  return [
    percent('detection and all around it, beyond decoding', (measured) => measured.watching.cores - measured.warm.cores, 2),
    percent('decoding', ({ decoders }) => decoders.cores),
  ];
}

/** The FFmpegs beyond the two that each camera has for its streams. */
function decodersOf(homebridge: StagedHomebridge, count: number): readonly number[] {
  const pids = homebridge.decoders();
  if (pids.length !== count) {
    throw new Error(`${pids.length} decoders run for ${count} cameras.`);
  }
  return pids;
}

async function latencyRows(bench: Bench, camera: SpawnedCamera): Promise<Row[]> {
  const { quick, signal } = bench;
  await using homebridge = await stageHomebridge(bench, entries(camera, 1, 'on'));
  const controller = await homebridge.controller('Bench 1');
  const motionEvents = await EventLog.follow(controller, hapService.motionSensor, hapCharacteristic.motionDetected);
  await sleep(quick ? 5_000 : learnMs, undefined, { signal });
  const samples: number[] = [];
  for (let event = 0; event < (quick ? 2 : events); event++) {
    const from = motionEvents.count;
    const begin = await camera.show('walker');
    const { atMs } = await motionEvents.next(true, eventWithinMs, from);
    samples.push(atMs - (begin.sub ?? begin.main).sentMs);
    await camera.show('still');
    await motionEvents.next(false, eventWithinMs, from);
    await sleep(pauseMs, undefined, { signal });
  }
  const { median: value, p95 } = summarise(samples);
  return [{ what: 'from the first picture with somebody in it to the event in HomeKit, median', value, unit: 'ms', remark: `${spread(samples)}, p95 ${Math.round(p95)}`, atMost: 1_000 }];
}
