import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { Controller } from '../../test/support/controller/controller.js';
import { counterIn } from '../measure/jpeg-counter.js';
import { spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { keyframeMs, stageCamera } from '../stage/cameras.js';
import { stageHomebridge } from '../stage/homebridge.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

const size: Size = { width: 640, height: 360 };
const otherSizes: readonly Size[] = [size, { width: 480, height: 270 }, { width: 320, height: 180 }, { width: 1280, height: 720 }, { width: 320, height: 240 }];
const asked = { medianMs: 100, p95Ms: 250, fiveMs: 500 } as const;

/** How long HomeKit waits for a picture of a camera that is connected. */
export const snapshot: Scenario = {
  name: 'snapshot',
  title: 'time until a picture of a warm camera has come, each of a keyframe that nobody asked for before',
  linuxOnly: false,
  async run(bench) {
    const samples = bench.quick ? 4 : 24;
    const rounds = bench.quick ? 2 : 8;
    await using camera = await stageCamera(bench);
    await using home = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url() }]);
    const controller = await home.controller('Bench');
    const five = await Promise.all(otherSizes.map(() => controller.fork()));
    await newKeyframe(bench, 2 * keyframeMs);
    // The first one of all starts FFmpeg from a cold disk cache and without one that stands by: not a sample.
    await take(camera, controller, size);

    const one: Shot[] = [];
    for (let index = 0; index < samples; index++) {
      await newKeyframe(bench);
      one.push(await take(camera, controller, size));
    }
    bench.say(`${samples} single pictures taken`);
    const same: number[] = [];
    const different: number[] = [];
    const changing: Shot[] = [];
    for (let index = 0; index < rounds; index++) {
      await newKeyframe(bench);
      same.push(...(await together(five, () => size)));
      await newKeyframe(bench);
      different.push(...(await together(five, (which) => otherSizes[which] ?? size)));
      await newKeyframe(bench);
      changing.push(await take(camera, controller, { width: 480 + 2 * index, height: 270 }));
    }
    return rows(one, same, different, changing);
  },
};

interface Shot {
  readonly ms: number;
  /** From the camera's sending of this picture to the whole answer. */
  readonly ageMs: number;
}

function rows(one: readonly Shot[], same: readonly number[], different: readonly number[], changing: readonly Shot[]): Row[] {
  const single = summarise(one.map(({ ms }) => ms));
  const { max: sameMax, median: sameMedian } = summarise(same);
  const { max: differentMax, median: differentMedian } = summarise(different);
  const ages = summarise(one.map(({ ageMs }) => ageMs));
  const changed = summarise(changing.map(({ ms }) => ms));
  return [
    { what: '640x360, median', value: single.median, unit: 'ms', atMost: asked.medianMs, remark: `${spread(one.map(({ ms }) => ms))}; homebridge-camera-ffmpeg 3.1.4: 1900 ms` },
    { what: '640x360, p95', value: single.p95, unit: 'ms', atMost: asked.p95Ms },
    { what: 'five at once, same size, slowest', value: sameMax, unit: 'ms', atMost: asked.fiveMs, remark: `${spread(same)}, median ${Math.round(sameMedian)}; homebridge-camera-ffmpeg 3.1.4: 3200 ms` },
    { what: 'five at once, five sizes, slowest', value: differentMax, unit: 'ms', remark: `${spread(different)}, median ${Math.round(differentMedian)}` },
    { what: 'another size than the last one, median', value: changed.median, unit: 'ms', remark: `${spread(changing.map(({ ms }) => ms))}: no FFmpeg stands by` },
    { what: 'age of the picture when it is there, median', value: ages.median, unit: 'ms', remark: `${spread(one.map(({ ageMs }) => ageMs))}; the newest keyframe is up to ${keyframeMs} ms old` },
  ];
}

/** Waits until there is another keyframe, and then until some moment between two of them. */
async function newKeyframe({ signal }: Bench, atLeastMs = keyframeMs + 50): Promise<void> {
  await sleep(atLeastMs + Math.random() * keyframeMs, undefined, { signal });
}

/** One picture; throws where it is not one of the camera's (a placeholder would be fast, too). */
async function take(camera: SpawnedCamera, controller: Controller, { width, height }: Size): Promise<Shot> {
  const { jpeg, ms } = await controller.snapshot({ width, height });
  const answeredMs = performance.now();
  const counter = counterIn(jpeg);
  const sentMs = counter === undefined ? undefined : await camera.sentAt(counter);
  if (sentMs === undefined) {
    throw new Error(`A snapshot of ${width}x${height} did not show what the camera films.`);
  }
  return { ms, ageMs: answeredMs - sentMs };
}

/** All connections ask in the same moment. */
async function together(controllers: readonly Controller[], sizeOf: (index: number) => Size): Promise<number[]> {
  const shots = await Promise.all(controllers.map((each, index) => each.snapshot(sizeOf(index))));
  if (shots.some(({ jpeg }) => counterIn(jpeg) === undefined)) {
    throw new Error('A snapshot did not show what the camera films.');
  }
  return shots.map(({ ms }) => ms);
}
