import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cameraSchema } from '../../src/config/options.js';
import { FfmpegSearch } from '../../src/ffmpeg/ffmpeg-search.js';
import { Hardware } from '../../src/ffmpeg/hardware/hardware.js';
import { Camera } from '../../src/pipeline/camera.js';

/** The plugin's own camera without Homebridge and HomeKit, in this process. */
export interface CameraPipeline extends AsyncDisposable {
  readonly camera: Camera;
}

/** Connects to it and stays connected. Decodes and encodes in software, whatever this machine has. */
export function openCameraPipeline(ffmpegPath: string, url: string): CameraPipeline {
  const folder = mkdtempSync(join(tmpdir(), 'camera-hub-bench-'));
  const search = new FfmpegSearch(ffmpegPath, () => undefined);
  const silent = (): void => undefined;
  const log = { info: silent, debug: silent, warn: console.error, error: console.error };
  const hardware = new Hardware({ search, wanted: 'software', file: join(folder, 'hardware.json'), log });
  const config = cameraSchema.parse({ name: 'Bench', source: url, keepWarm: true });
  const camera = new Camera({ config, log, ffmpeg: search, hardware, socketFolder: folder });
  camera.start();
  return {
    camera,
    [Symbol.asyncDispose]: async () => {
      await camera[Symbol.asyncDispose]();
      await hardware[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
