import { tmpdir } from 'node:os';
import { findFfmpeg, type Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { CameraStream, type CameraStreamOptions } from '../../src/pipeline/camera-stream.js';
import type { Problem } from '../../src/problems.js';
import { startCamera, type CameraSettings, type SimulatedCamera } from './camera/rtsp-camera.js';
import { ffmpegPath, smallFootage } from './house.js';

let found: Promise<Ffmpeg> | undefined;

/** The FFmpeg of this test run, looked at once. */
export function testFfmpeg(): Promise<Ffmpeg> {
  found ??= findFfmpeg([{ origin: 'test', path: ffmpegPath }]).then(({ ffmpeg }) => ffmpeg);
  return found;
}

/** A simulated camera, and the plugin's stream of it, which nobody has leased yet; both end with it. */
export interface OpenedStream extends AsyncDisposable {
  readonly camera: SimulatedCamera;
  readonly stream: CameraStream;
  readonly problems: readonly Problem[];
  readonly soundProblems: readonly Problem[];
}

/** Starts the camera; `options` take the place of what is usual. */
export async function openStream(settings: Partial<CameraSettings> = {}, options: Partial<CameraStreamOptions> = {}): Promise<OpenedStream> {
  const camera = await startCamera({ main: smallFootage, ...settings, ffmpegPath });
  const problems: Problem[] = [];
  const soundProblems: Problem[] = [];
  const stream = new CameraStream({
    name: 'main',
    source: { url: camera.url('main'), transport: 'tcp' },
    sound: false,
    ffmpeg: testFfmpeg,
    idleTimeoutMs: 200,
    socketFolder: tmpdir(),
    onProblem: (problem) => problems.push(problem),
    onConnected: () => undefined,
    onFormat: () => undefined,
    onSoundProblem: (problem) => soundProblems.push(problem),
    ...options,
  });
  const dispose = async (): Promise<void> => {
    await stream.close();
    await camera.close();
  };
  return { camera, stream, problems, soundProblems, [Symbol.asyncDispose]: dispose };
}
