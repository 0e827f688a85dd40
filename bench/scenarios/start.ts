import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { ReceivedUnit } from '../../test/support/controller/access-units.js';
import type { Controller } from '../../test/support/controller/controller.js';
import { prepareLive } from '../../test/support/controller/live-receiver.js';
import { FootageIndex } from '../measure/footage-index.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Row, Scenario } from '../scenario.js';
import { keyframeMs, stageCamera } from '../stage/cameras.js';
import { stageHomebridge } from '../stage/homebridge.js';

const request = { width: 1280, height: 720, fps: 30, bitrateKbps: 299 } as const;
const watchMs = 2_500;
/** A view has caught up once a picture comes at most so much later than pictures do in the end: one picture, and room for noise. */
const toleranceMs = 40;
const asked = { medianMs: 100, p95Ms: 200, caughtUpMs: 1_000 } as const;

/** How long a viewer looks at nothing. */
export const start: Scenario = {
  name: 'start',
  title: 'from START being written to the last packet of the first whole keyframe, and to the present',
  linuxOnly: false,
  async run(bench) {
    const samples = bench.quick ? 4 : 24;
    const index = await FootageIndex.load(bench.ffmpeg.path);
    await using camera = await stageCamera(bench);
    await using home = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url() }]);
    const controller = await home.controller('Bench');
    await sleep(2 * keyframeMs, undefined, { signal: bench.signal });
    const views: View[] = [];
    for (let sample = 0; sample < samples; sample++) {
      await sleep(Math.random() * keyframeMs, undefined, { signal: bench.signal });
      views.push(await watch(controller, camera, index, bench.signal));
    }
    return rows(views);
  },
};

interface View {
  readonly firstKeyframeMs: number;
  readonly answeredMs: number;
  readonly caughtUpMs: number;
  /** From the camera's sending of a picture to its last packet at the viewer, in the present. */
  readonly latencyMs: number;
  /** How much the pictures' arrivals differ from their RTP times, in the present. */
  readonly jitterMs: number;
}

/** A picture with the time that it took from the camera. */
interface TimedUnit {
  readonly unit: ReceivedUnit;
  readonly latencyMs: number;
}

async function watch(controller: Controller, camera: SpawnedCamera, index: FootageIndex, signal: AbortSignal): Promise<View> {
  const live = await (await prepareLive(controller, request)).start();
  try {
    const first = await live.firstKeyframe();
    await sleep(watchMs, undefined, { signal });
    const timed = await withLatency(live.units(), camera, index);
    const last = timed.slice(-Math.floor(timed.length / 3));
    const latencyMs = median(last.map((each) => each.latencyMs));
    const caughtUp = timed.find((each) => each.latencyMs <= latencyMs + toleranceMs);
    return {
      firstKeyframeMs: first.sinceStartIssuedMs,
      answeredMs: live.startAnsweredMs - live.startIssuedMs,
      caughtUpMs: (caughtUp?.unit.lastArrivalMs ?? Infinity) - live.startIssuedMs,
      latencyMs,
      jitterMs: rtpJitter(last.map(({ unit }) => unit)),
    };
  } finally {
    await live.stop();
  }
}

/** The camera tells when it sent a picture; which one it is shows by its bytes. */
async function withLatency(units: readonly ReceivedUnit[], camera: SpawnedCamera, index: FootageIndex): Promise<TimedUnit[]> {
  const timed: TimedUnit[] = [];
  for (const unit of units) {
    const counter = index.counterOf(unit);
    const sentMs = counter === undefined ? undefined : await camera.sentAt(counter);
    if (sentMs === undefined) {
      throw new Error('The view showed a picture that the camera never sent: is it transcoded?');
    }
    timed.push({ unit, latencyMs: unit.lastArrivalMs - sentMs });
  }
  return timed;
}

/** p95 of the distance between arrival and RTP time, the smallest being 0. */
function rtpJitter(units: readonly ReceivedUnit[]): number {
  const first = units[0];
  const lateness = units.map((unit) => unit.lastArrivalMs - ((unit.timestamp - (first?.timestamp ?? 0)) | 0) / 90);
  const { p95, min } = summarise(lateness);
  return p95 - min;
}

function rows(views: readonly View[]): Row[] {
  const of = (key: keyof View): number[] => views.map((view) => view[key]);
  const first = summarise(of('firstKeyframeMs'));
  return [
    { what: 'first whole keyframe, median', value: first.median, unit: 'ms', atMost: asked.medianMs, remark: `${spread(of('firstKeyframeMs'))}; homebridge-camera-ffmpeg 3.1.4: 1900 ms` },
    { what: 'first whole keyframe, p95', value: first.p95, unit: 'ms', atMost: asked.p95Ms },
    { what: 'caught up with the camera, slowest', value: summarise(of('caughtUpMs')).max, unit: 'ms', atMost: asked.caughtUpMs, remark: `${spread(of('caughtUpMs'))}, median ${Math.round(median(of('caughtUpMs')))}` },
    { what: 'START answered, median', value: median(of('answeredMs')), unit: 'ms', remark: spread(of('answeredMs')) },
    { what: 'camera to viewer once caught up, median', value: median(of('latencyMs')), unit: 'ms', remark: `medians of ${spread(of('latencyMs'), 0, 'view')}` },
    { what: 'arrival against RTP time once caught up, p95', value: median(of('jitterMs')), unit: 'ms', remark: `median of ${spread(of('jitterMs'), 1, 'view')}` },
  ];
}
