import { setTimeout as sleep } from 'node:timers/promises';
import { marksZones } from '../../test/support/camera/marks.js';
import { spawnCamera, type SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { Controller } from '../../test/support/controller/controller.js';
import type { Bench } from '../scenario.js';
import { selected1080p } from './armed-camera.js';
import type { StagedCameras } from './cameras.js';
import { stageHomebridge, type CameraEntry, type StagedHomebridge } from './homebridge.js';

/** A Homebridge whose cameras have a sub stream and are armed; motion is looked for in every other one of them. */
export interface House extends AsyncDisposable {
  readonly home: StagedHomebridge;
  /** For each camera a controller, which has armed it. */
  readonly controllers: readonly Controller[];
}

/** As small streams of cameras usually are: 640x360. */
export const subStream = { scene: 'still', width: 640, height: 360, fps: 15, bitrateKbps: 500, keyframeSeconds: 2, seconds: 20 } as const;

/** Each of them plays for several cameras of a house: what is sent is packed once for all who read it. */
const filmedBy = 4;
const allRunWithinMs = 60_000;

/** Simulated cameras that play for a house; each started at another moment, so that not all keyframes of the house coincide. */
export async function stageHouseCameras({ ffmpeg }: Bench): Promise<StagedCameras> {
  const cameras: SpawnedCamera[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(cameras.map((camera) => camera.close()));
  };
  try {
    while (cameras.length < filmedBy) {
      cameras.push(await spawnCamera({ main: {}, sub: subStream, ffmpegPath: ffmpeg.path }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { cameras, [Symbol.asyncDispose]: close };
}

/** Returns once all are connected and armed, and decoded where motion is looked for. */
export async function stageHouse(bench: Bench, { cameras }: StagedCameras, count: number): Promise<House> {
  const entries = Array.from({ length: count }, (_, index) => entry(index, cameras[index % cameras.length]));
  const home = await stageHomebridge(bench, entries);
  try {
    const controllers: Controller[] = [];
    for (const { name } of entries) {
      const controller = await home.controller(name);
      await controller.armRecording({ ...selected1080p, audio: false });
      controllers.push(controller);
    }
    await allRun(bench, home, entries);
    return { home, controllers, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}

function entry(index: number, camera: SpawnedCamera | undefined): CameraEntry {
  return {
    name: `Bench ${index + 1}`,
    source: camera?.url('main') ?? '',
    substream: camera?.url('sub') ?? '',
    motionDetection: index % 2 === 0 ? 'on' : 'off',
    motionZones: marksZones,
  };
}

/** One FFmpeg for each stream, and one more where motion is looked for. */
async function allRun({ signal }: Bench, home: StagedHomebridge, entries: readonly CameraEntry[]): Promise<void> {
  const decoders = entries.filter(({ motionDetection }) => motionDetection === 'on').length;
  const deadline = performance.now() + allRunWithinMs;
  while (home.decoders().length < decoders || home.ffmpegs().length < 2 * entries.length + decoders) {
    if (performance.now() > deadline) {
      throw new Error(`Of ${entries.length} cameras with two streams each ${home.ffmpegs().length} FFmpegs ran after ${allRunWithinMs / 1000} s. The log ends:\n${home.log().slice(-10).join('\n')}`);
    }
    await sleep(200, undefined, { signal });
  }
}
