import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cameraSchema, type CameraConfig } from '../../src/config/options.js';
import { FfmpegSearch } from '../../src/ffmpeg/ffmpeg-search.js';
import { Hardware } from '../../src/ffmpeg/hardware/hardware.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import { Camera } from '../../src/pipeline/camera.js';
import type { Log } from '../../src/problem-log.js';
import { ffmpegPath } from './house.js';
import { decodeJpeg, type Picture } from './picture.js';
import { until } from './recorded-clip.js';

/** The plugin's camera of a source, without Homebridge and without a simulated camera; ends with it. Nothing is leased yet. */
export interface OpenedSource extends AsyncDisposable {
  readonly camera: Camera;
  /** What it wrote into the log, the newest line last. */
  readonly log: readonly string[];
  /** The newest keyframe, decoded at its own size; waits for the first one. */
  picture(): Promise<Picture>;
}

/** Decoding and encoding is done in software. */
export async function openSource(source: string, options: Partial<CameraConfig> = {}, path = ffmpegPath): Promise<OpenedSource> {
  const folder = await mkdtemp(join(tmpdir(), 'camera-hub-source-'));
  const log: string[] = [];
  const write = (line: string): void => void log.push(line);
  const logger: Log = { info: write, warn: write, error: write, debug: write };
  const ffmpeg = new FfmpegSearch(path, () => undefined);
  const hardware = new Hardware({ search: ffmpeg, wanted: 'software', file: join(folder, 'hardware.json'), log: logger });
  const camera = new Camera({ config: cameraSchema.parse({ name: 'Gate', source, ...options }), log: logger, ffmpeg, hardware, socketFolder: folder });
  const renderer = new StillRenderer();
  camera.start();
  const picture = async (): Promise<Picture> => {
    using _lease = camera.main.lease({ holder: 'picture' });
    await until('a keyframe is there', () => camera.main.packets.liveKeyframe !== undefined);
    const { liveKeyframe: keyframe } = camera.main.packets;
    if (!keyframe) {
      throw new Error('The keyframe is gone.');
    }
    const { width, height } = keyframe.format;
    return await decodeJpeg(await renderer.render(await ffmpeg.find(), keyframe, { width, height }, AbortSignal.timeout(20_000)));
  };
  const dispose = async (): Promise<void> => {
    await renderer[Symbol.asyncDispose]();
    await camera[Symbol.asyncDispose]();
    await hardware[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
  return { camera, log, picture, [Symbol.asyncDispose]: dispose };
}
