import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pairAccessory, type Controller } from '../../test/support/controller/controller.js';
import { startHomebridge, type RunningHomebridge } from '../../test/support/homebridge/homebridge.js';
import type { Bench } from '../scenario.js';

/** A camera of the configuration. */
export interface CameraEntry {
  readonly name: string;
  readonly source: string;
}

/** A Homebridge of its own, with the plugin as it lies in this folder. Cleans up after itself. */
export interface StagedHomebridge extends AsyncDisposable {
  readonly pid: number;
  /** Its FFmpegs, by process id. */
  ffmpegs(): readonly number[];
  /** Pairs with a camera; closed with the Homebridge. */
  controller(camera: string): Promise<Controller>;
  log(): readonly string[];
}

const connectWithinMs = 20_000;

/** An empty Homebridge: the plugin is loaded and has no camera. */
export function stageEmptyHomebridge(bench: Bench): Promise<StagedHomebridge> {
  return stageHomebridge(bench, []);
}

/** Returns once each camera's FFmpeg runs. Cameras are kept warm and always copied, whatever the policies will say to a request. */
export async function stageHomebridge({ ffmpeg, profileFolder, signal }: Bench, cameras: readonly CameraEntry[]): Promise<StagedHomebridge> {
  const home = await startHomebridge({
    platformConfig: {
      ffmpegPath: ffmpeg.path,
      cameras: cameras.map((camera) => ({ ...camera, keepWarm: true, liveVideo: 'copy', maxStreams: 4 })),
    },
    env: profileFolder === undefined ? {} : profiling(profileFolder),
  });
  const controllers: Controller[] = [];
  const dispose = async (): Promise<void> => {
    // What a failed scenario left open must not keep Homebridge from being ended.
    await Promise.allSettled(controllers.map((controller) => controller.close()));
    await home.stop();
    home.killLeftovers();
  };
  try {
    await allConnected(home, cameras.length, signal);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    pid: home.pid,
    ffmpegs: () => home.ffmpegs().map(({ pid }) => pid),
    controller: async (name) => {
      const { port, id } = await home.accessory(name);
      const controller = await pairAccessory({ host: '127.0.0.1', port, id, pin: home.pin });
      controllers.push(controller);
      return controller;
    },
    log: () => home.log(),
    [Symbol.asyncDispose]: dispose,
  };
}

function profiling(folder: string): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${folder}` };
}

async function allConnected(home: RunningHomebridge, count: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + connectWithinMs;
  while (home.ffmpegs().length < count) {
    if (performance.now() > deadline) {
      throw new Error(`Only ${home.ffmpegs().length} of ${count} cameras were connected after ${connectWithinMs / 1000} s. The log ends:\n${home.log().slice(-10).join('\n')}`);
    }
    await sleep(100, undefined, { signal });
  }
}
