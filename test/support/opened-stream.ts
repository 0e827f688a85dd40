import { tmpdir } from 'node:os';
import { CameraStream, type CameraStreamOptions } from '../../src/pipeline/camera-stream.js';
import { unturned } from '../../src/policy/picture-turn.js';
import type { Problem } from '../../src/problems.js';
import { startCamera, type CameraSettings, type SimulatedCamera } from './camera/rtsp-camera.js';
import { ffmpegPath, smallFootage } from './house.js';
import { softwareOf, testFfmpeg } from './test-ffmpeg.js';

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
    source: { kind: 'rtsp', url: camera.url('main'), transport: 'tcp' },
    turn: unturned,
    hardware: softwareOf(),
    onNote: () => undefined,
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
