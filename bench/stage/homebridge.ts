import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pairAccessory, type Controller } from '../../test/support/controller/controller.js';
import { startHomebridge, type RunningHomebridge } from '../../test/support/homebridge/homebridge.js';
import type { Bench } from '../scenario.js';
import { profiling } from './profiling.js';

/** A camera of the configuration. */
export interface CameraEntry {
  readonly name: string;
  readonly source: string;
  /** True unless told. */
  readonly keepWarm?: boolean;
  /** 'copy' unless told, and motion is not looked for: what is measured does not depend on the policies then. */
  readonly liveVideo?: 'auto' | 'copy' | 'transcode';
  /** Any other option of a camera. */
  readonly [option: string]: unknown;
}

/** A Homebridge of its own, with the plugin as it lies in this folder. Cleans up after itself. */
export interface StagedHomebridge extends AsyncDisposable {
  readonly pid: number;
  /** Its FFmpegs, by process id. */
  ffmpegs(): readonly number[];
  /** Those of them that decode for everyone, by process id. */
  decoders(): readonly number[];
  /** Everything that it started and that lives, by process id; not itself. */
  processes(): readonly number[];
  /** Pairs with a camera; closed with the Homebridge. */
  controller(camera: string): Promise<Controller>;
  log(): readonly string[];
  /** Collects all garbage of the Homebridge process; what is in use then, in bytes. Only where it was started with `heapProbe`. */
  bytesInUse(): Promise<number>;
}

export interface StageOptions {
  readonly heapProbe?: boolean;
}

const connectWithinMs = 20_000;
const probeWithinMs = 10_000;
const probe = fileURLToPath(new URL('./heap-probe.js', import.meta.url));

/** An empty Homebridge: the plugin is loaded and has no camera. */
export function stageEmptyHomebridge(bench: Bench): Promise<StagedHomebridge> {
  return stageHomebridge(bench, []);
}

/** Returns once the FFmpeg of each camera that is kept warm runs. Decodes and encodes in software, whatever this machine has. */
export async function stageHomebridge({ ffmpeg, profileFolder, signal }: Bench, cameras: readonly CameraEntry[], { heapProbe = false }: StageOptions = {}): Promise<StagedHomebridge> {
  const home = await startHomebridge({
    platformConfig: {
      ffmpegPath: ffmpeg.path,
      hardware: 'software',
      // What is measured is not to give way while it is measured.
      limits: { analysisAbove: 100, frameRateAbove: 100, sizeAbove: 100, refuseAbove: 100 },
      cameras: cameras.map((camera) => ({ keepWarm: true, liveVideo: 'copy', motionDetection: 'off', ...camera, maxStreams: 4 })),
    },
    env: { NODE_OPTIONS: [...(profileFolder === undefined ? [] : profiling(profileFolder)), ...(heapProbe ? [`--import=${probe}`] : [])].join(' ') || undefined },
  });
  const controllers: Controller[] = [];
  const dispose = async (): Promise<void> => {
    // What a failed scenario left open must not keep Homebridge from being ended.
    await Promise.allSettled(controllers.map((controller) => controller.close()));
    await home.stop();
    home.killLeftovers();
  };
  try {
    await allConnected(home, cameras.filter(({ keepWarm = true }) => keepWarm).length, signal);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    pid: home.pid,
    ffmpegs: () => home.ffmpegs().map(({ pid }) => pid),
    decoders: () => home.ffmpegs().filter(({ args }) => args.includes('rawvideo')).map(({ pid }) => pid),
    processes: () => home.processes().map(({ pid }) => pid),
    controller: async (name) => {
      const { port, id } = await home.accessory(name);
      const controller = await pairAccessory({ host: '127.0.0.1', port, id, pin: home.pin });
      controllers.push(controller);
      return controller;
    },
    log: () => home.log(),
    bytesInUse: async () => {
      const from = home.log().length;
      process.kill(home.pid, 'SIGUSR2');
      return Number(/\d+/.exec(await home.waitForLog(/^In use: \d+ bytes$/, probeWithinMs, from))?.[0]);
    },
    [Symbol.asyncDispose]: dispose,
  };
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
