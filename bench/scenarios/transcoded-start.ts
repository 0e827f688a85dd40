import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { Controller } from '../../test/support/controller/controller.js';
import { prepareLive, type LiveReceiver } from '../../test/support/controller/live-receiver.js';
import { timePictures } from '../measure/drawn-clock.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { keyframeMs, stageCamera } from '../stage/cameras.js';
import { stageHomebridge, type StagedHomebridge } from '../stage/homebridge.js';

const request = { width: 1280, height: 720, fps: 30, bitrateKbps: 299 } as const;
const watchMs = 4_000;
/** As in the scenario `start`. */
const toleranceMs = 40;
const asked = { medianMs: 700 } as const;
/** An encoder goes 5 s after its last viewer, its decoder 10 s after that. */
const idleWithinMs = 25_000;

/** How long a viewer looks at nothing whose picture has to be converted. */
export const transcodedStart: Scenario = {
  name: 'transcoded-start',
  title: 'HEVC 1080p, converted: from START being written to the last packet of the first decodable keyframe, and to the present',
  linuxOnly: true,
  async run(bench) {
    const samples = bench.quick ? 2 : 20;
    await using camera = await stageCamera(bench, { codec: 'hevc' });
    await using home = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url(), liveVideo: 'transcode' }]);
    const controller = await home.controller('Bench');
    await sleep(2 * keyframeMs, undefined, { signal: bench.signal });
    // The very first one reads FFmpeg from disk: not a sample.
    await (await start(controller)).stop();
    const firsts: Start[] = [];
    const joins: Start[] = [];
    for (let sample = 0; sample < samples; sample++) {
      await nothingRuns(home, bench.signal);
      await sleep(Math.random() * keyframeMs, undefined, { signal: bench.signal });
      const pair = await watchTwo(bench, controller, camera);
      firsts.push(pair.first);
      joins.push(pair.second);
      bench.say(`${sample + 1}: ${Math.round(pair.first.keyframeMs)} ms, a second viewer ${Math.round(pair.second.keyframeMs)} ms`);
    }
    return [...rows('nothing running', firsts, asked.medianMs), ...rows('a second viewer of the same', joins)];
  },
};

interface Start {
  readonly keyframeMs: number;
  /** How old the first picture is when it has come. */
  readonly ageMs: number;
  readonly caughtUpMs: number;
  /** In the end. */
  readonly latencyMs: number;
}

/** One viewer for whom all has to be started, and one that joins it. */
async function watchTwo({ signal, ffmpeg }: Bench, controller: Controller, camera: SpawnedCamera): Promise<{ readonly first: Start; readonly second: Start }> {
  const one = await start(controller);
  await one.firstKeyframe();
  await sleep(watchMs + Math.random() * keyframeMs, undefined, { signal });
  const other = await start(controller);
  await other.firstKeyframe();
  await sleep(watchMs, undefined, { signal });
  // Nothing is decoded while anything is measured.
  await Promise.all([one.stop(), other.stop()]);
  return { first: await describe(one, camera, ffmpeg.path), second: await describe(other, camera, ffmpeg.path) };
}

async function start(controller: Controller): Promise<LiveReceiver> {
  return await (await prepareLive(controller, request)).start();
}

async function describe(live: LiveReceiver, camera: SpawnedCamera, ffmpegPath: string): Promise<Start> {
  const first = await live.firstKeyframe();
  const timed = await timePictures(live.units(), camera, ffmpegPath);
  const latencyMs = median(timed.slice(-30).map((each) => each.latencyMs));
  const caughtUp = timed.find((each) => each.latencyMs <= latencyMs + toleranceMs);
  return {
    keyframeMs: first.sinceStartIssuedMs,
    ageMs: timed[0]?.latencyMs ?? NaN,
    caughtUpMs: (caughtUp?.unit.lastArrivalMs ?? Infinity) - live.startIssuedMs,
    latencyMs,
  };
}

/** Waits until decoder and encoder of earlier views have ended, and only the connection to the camera is left. */
async function nothingRuns(home: StagedHomebridge, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + idleWithinMs;
  while (home.processes().length > 1) {
    if (performance.now() > deadline) {
      throw new Error(`${home.processes().length} processes still run ${idleWithinMs / 1000} s after the last view.`);
    }
    await sleep(200, undefined, { signal });
  }
}

function rows(who: string, starts: readonly Start[], atMost?: number): Row[] {
  const of = (key: keyof Start): number[] => starts.map((each) => each[key]);
  const { median: middle, p95 } = summarise(of('keyframeMs'));
  const row = (what: string, key: keyof Start): Row => ({ what: `${who}: ${what}, median`, value: median(of(key)), unit: 'ms', remark: spread(of(key)) });
  return [
    { what: `${who}: first whole keyframe, median`, value: middle, unit: 'ms', remark: spread(of('keyframeMs')), ...(atMost === undefined ? {} : { atMost }) },
    { what: `${who}: first whole keyframe, p95`, value: p95, unit: 'ms' },
    row('age of that picture', 'ageMs'),
    row('caught up with the camera', 'caughtUpMs'),
    row('camera to viewer in the present', 'latencyMs'),
  ];
}
