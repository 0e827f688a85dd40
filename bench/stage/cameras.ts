import type { FootageSettings } from '../../test/support/camera/rtsp-camera.js';
import { spawnCamera, type SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { Bench } from '../scenario.js';

/** Distance of the simulated camera's keyframes. */
export const keyframeMs = 2_000;

/** Simulated cameras, each a process of its own. */
export interface StagedCameras extends AsyncDisposable {
  readonly cameras: readonly SpawnedCamera[];
}

/** Unless told otherwise 1080p30 H.264 at 4 Mbit/s without sound, a keyframe every two seconds: the simulated camera's defaults. */
export async function stageCamera({ ffmpeg }: Bench, footage: FootageSettings = {}): Promise<SpawnedCamera & AsyncDisposable> {
  const camera = await spawnCamera({ main: footage, ffmpegPath: ffmpeg.path });
  return Object.assign(camera, { [Symbol.asyncDispose]: () => camera.close() });
}

/** Several of them; each started at another moment, so that their keyframes do not coincide. */
export async function stageCameras(bench: Bench, count: number): Promise<StagedCameras> {
  const cameras: SpawnedCamera[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(cameras.map((camera) => camera.close()));
  };
  try {
    while (cameras.length < count) {
      cameras.push(await stageCamera(bench));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { cameras, [Symbol.asyncDispose]: close };
}
