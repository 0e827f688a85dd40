import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cameraSchema, type CameraConfig } from '../../src/config/options.js';
import { FfmpegSearch } from '../../src/ffmpeg/ffmpeg-search.js';
import { Hardware } from '../../src/ffmpeg/hardware/hardware.js';
import { Camera } from '../../src/pipeline/camera.js';
import type { Log } from '../../src/problem-log.js';
import { startCamera, type CameraSettings, type SimulatedCamera } from './camera/rtsp-camera.js';
import { ffmpegPath, smallFootage } from './house.js';

/** The plugin's camera, without Homebridge; ends with it. Nothing is leased yet. */
export interface OpenedPlugin extends AsyncDisposable {
  readonly camera: Camera;
  readonly hardware: Hardware;
  /** What it wrote into the log, the newest line last. */
  readonly log: readonly string[];
}

/** The same of a simulated camera, which ends with it. */
export interface OpenedCamera extends OpenedPlugin {
  readonly simulated: SimulatedCamera;
}

/** Starts the camera; decoding and encoding is done in software. `addressOf`: what is written in "source", by the main stream's right address. */
export async function openCamera(settings: Partial<CameraSettings> = {}, options: Partial<CameraConfig> = {}, addressOf = (url: string): string => url): Promise<OpenedCamera> {
  const simulated = await startCamera({ main: smallFootage, ...settings, ffmpegPath });
  const opened = await openPlugin({ source: addressOf(simulated.url('main')), ...(settings.sub && { substream: simulated.url('sub') }), ...options });
  const dispose = async (): Promise<void> => {
    await opened[Symbol.asyncDispose]();
    await simulated.close();
  };
  return { ...opened, simulated, [Symbol.asyncDispose]: dispose };
}

/** The plugin's camera with these options; decoding and encoding is done in software. @param ffmpeg the FFmpegs of its machine; the one of the tests unless told otherwise. */
export async function openPlugin(options: Partial<CameraConfig> & { readonly source: string }, ffmpeg = new FfmpegSearch(ffmpegPath, () => undefined)): Promise<OpenedPlugin> {
  const folder = await mkdtemp(join(tmpdir(), 'camera-hub-camera-'));
  const log: string[] = [];
  const write = (line: string): void => void log.push(line);
  const logger: Log = { info: write, warn: write, error: write, debug: write };
  const config = cameraSchema.parse({ name: 'Gate', ...options });
  const hardware = new Hardware({ search: ffmpeg, wanted: 'software', file: join(folder, 'hardware.json'), log: logger });
  const camera = new Camera({ config, log: logger, ffmpeg, hardware, socketFolder: folder });
  camera.start();
  const dispose = async (): Promise<void> => {
    await camera[Symbol.asyncDispose]();
    await hardware[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
  return { camera, hardware, log, [Symbol.asyncDispose]: dispose };
}
