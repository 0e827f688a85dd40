import { setTimeout as sleep } from 'node:timers/promises';
import type { AccessUnit } from '../../src/media/access-unit.js';
import type { PacketStream } from '../../src/pipeline/packet-stream.js';
import type { SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { Controller } from '../../test/support/controller/controller.js';
import { timePictures } from '../measure/drawn-clock.js';
import { FootageIndex } from '../measure/footage-index.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { openCameraPipeline } from '../stage/camera-pipeline.js';
import { keyframeMs, stageCamera } from '../stage/cameras.js';
import { fourNeeds } from '../stage/four-needs.js';
import { stageHomebridge } from '../stage/homebridge.js';

const request = { width: 1280, height: 720, fps: 30, bitrateKbps: 299 } as const;
/** Until a view shows the present; shorter together than the camera's loop of 20 s. */
const catchUpMs = 4_000;
const watchMs = 8_000;

const views = {
  Copied: { codec: 'h264', liveVideo: 'copy', what: 'H.264, copied' },
  Converted: { codec: 'h264', liveVideo: 'transcode', what: 'H.264, converted to 720p' },
  Hevc: { codec: 'hevc', liveVideo: 'transcode', what: 'HEVC, converted to 720p' },
} as const;
type View = keyof typeof views;
const viewNames = Object.keys(views) as readonly View[];

/** Where a converted picture's time goes. */
type Step = 'arrives' | 'decoded' | 'encoded';

/** How far a view is behind the camera. */
export const latency: Scenario = {
  name: 'latency',
  title: "from the camera's sending of a picture to its last packet at the viewer, in the present",
  linuxOnly: true,
  async run(bench) {
    const rounds = bench.quick ? 1 : 4;
    await using h264 = await stageCamera(bench);
    await using hevc = await stageCamera(bench, { codec: 'hevc' });
    const cameras = { h264, hevc };
    const measured = await watchAll(bench, cameras, rounds);
    return [
      ...viewNames.map((name) => viewRow(views[name].what, measured[name])),
      ...stepRows('H.264', await followPictures(bench, h264, 'h264')),
      ...stepRows('HEVC', await followPictures(bench, hevc, 'hevc')),
    ];
  },
};

async function watchAll(bench: Bench, cameras: Readonly<Record<'h264' | 'hevc', SpawnedCamera>>, rounds: number): Promise<Record<View, number[]>> {
  const measured: Record<View, number[]> = { Copied: [], Converted: [], Hevc: [] };
  await using home = await stageHomebridge(bench, viewNames.map((name) => ({ name, source: cameras[views[name].codec].url(), liveVideo: views[name].liveVideo })));
  const controllers: Record<View, Controller> = { Copied: await home.controller('Copied'), Converted: await home.controller('Converted'), Hevc: await home.controller('Hevc') };
  await sleep(2 * keyframeMs, undefined, { signal: bench.signal });
  for (let round = 0; round < rounds; round++) {
    // In turn: what disturbs one round disturbs all views.
    for (const name of viewNames) {
      measured[name].push(...(await watch(bench, controllers[name], cameras[views[name].codec])));
    }
    bench.say(`round ${round + 1}: ${viewNames.map((name) => `${name} ${Math.round(median(measured[name]))} ms`).join(', ')}`);
  }
  return measured;
}

/** The latencies of the pictures of one view, once it shows the present. */
async function watch({ signal, ffmpeg }: Bench, controller: Controller, camera: SpawnedCamera): Promise<number[]> {
  const live = await controller.startLive(request);
  try {
    await live.firstKeyframe();
    await sleep(catchUpMs + watchMs, undefined, { signal });
  } finally {
    await live.stop();
  }
  const timed = await timePictures(live.units(), camera, ffmpeg.path);
  const presentMs = (timed[0]?.unit.lastArrivalMs ?? 0) + catchUpMs;
  return timed.filter(({ unit }) => unit.firstArrivalMs > presentMs).map(({ latencyMs }) => latencyMs);
}

/** The same conversion in this process, without HomeKit: when each picture reaches which point. */
async function followPictures({ signal, ffmpeg }: Bench, source: SpawnedCamera, codec: 'h264' | 'hevc'): Promise<Record<Step, number[]>> {
  const index = await FootageIndex.load(ffmpeg.path, { codec });
  await using pipeline = openCameraPipeline(ffmpeg.path, source.url());
  const { stream, decoder, renditions } = pipeline.camera.video('main');
  const arrived = new Map<AccessUnit, number>();
  const decoded = new Map<number, number>();
  const encoded = new Map<number, number>();
  using _arrivals = note(stream.packets, (unit) => arrived.set(unit, performance.now()));
  using rendition = renditions.lease(fourNeeds.renditions['720p'], 'latency');
  using _pictures = decoder.lease({ holder: 'latency', width: 1, height: 1, maxFps: fourNeeds.renditions['720p'].fps }, { onFrame: ({ timeMs }) => decoded.set(tick(timeMs), performance.now()) });
  using _encodings = note(rendition.packets, ({ timeMs }) => encoded.set(tick(timeMs), performance.now()));
  await sleep(2 * catchUpMs, undefined, { signal });
  arrived.clear();
  await sleep(watchMs, undefined, { signal });
  const steps: Record<Step, number[]> = { arrives: [], decoded: [], encoded: [] };
  for (const [unit, arrivedMs] of arrived) {
    const counter = index.counterOfSample(unit.data);
    const sentMs = counter === undefined ? undefined : await source.sentAt(counter);
    const decodedMs = decoded.get(tick(unit.timeMs));
    const encodedMs = encoded.get(tick(unit.timeMs));
    if (sentMs !== undefined && decodedMs !== undefined && encodedMs !== undefined) {
      steps.arrives.push(arrivedMs - sentMs);
      steps.decoded.push(decodedMs - arrivedMs);
      steps.encoded.push(encodedMs - decodedMs);
    }
  }
  return steps;
}

/** Tells of each new unit as it comes. */
function note(packets: PacketStream, onUnit: (unit: AccessUnit) => void): Disposable {
  const reader = packets.read(() => {
    for (let unit = reader.next(); unit; unit = reader.next()) {
      onUnit(unit);
    }
  });
  return reader;
}

/** Times go through FFmpeg in ticks of 1/90000 s, and come back rounded. */
function tick(timeMs: number): number {
  return Math.round(timeMs);
}

function viewRow(what: string, latencies: readonly number[]): Row {
  const { median: middle, p95 } = summarise(latencies);
  return { what: `${what}: camera to viewer, median`, value: middle, unit: 'ms', remark: `p95 ${Math.round(p95)} ms; ${spread(latencies, 0, 'picture')}` };
}

function stepRows(codec: string, steps: Readonly<Record<Step, readonly number[]>>): Row[] {
  const row = (what: string, step: Step): Row => ({ what: `${codec}, ${what}, median`, value: median(steps[step]), unit: 'ms', remark: spread(steps[step], 0, 'picture') });
  return [row('camera to memory', 'arrives'), row('memory to decoded picture', 'decoded'), row('decoded picture to encoded one', 'encoded')];
}
