import { tmpdir } from 'node:os';
import type { CameraSource } from '../../src/media/camera-source.js';
import { CameraStream, type CameraStreamOptions } from '../../src/pipeline/camera-stream.js';
import { unturned } from '../../src/policy/picture-turn.js';
import type { Problem } from '../../src/problems.js';
import { startCamera, type CameraSettings, type SimulatedCamera } from './camera/rtsp-camera.js';
import { ffmpegPath, smallFootage } from './house.js';
import { softwareOf, testFfmpeg } from './test-ffmpeg.js';

/** The plugin's stream of a source, which nobody has leased yet, and what was said of it; it ends with it. */
export interface SourceStream extends AsyncDisposable {
  readonly stream: CameraStream;
  readonly problems: readonly Problem[];
  readonly soundProblems: readonly Problem[];
  readonly notes: readonly string[];
}

/** A simulated camera too, which ends with it. */
export interface OpenedStream extends SourceStream {
  readonly camera: SimulatedCamera;
}

/** `options` take the place of what is usual. */
export function streamOf(source: CameraSource, options: Partial<CameraStreamOptions> = {}): SourceStream {
  const problems: Problem[] = [];
  const soundProblems: Problem[] = [];
  const notes: string[] = [];
  const stream = new CameraStream({
    name: 'main',
    source,
    turn: unturned,
    hardware: softwareOf(),
    sound: false,
    ffmpeg: testFfmpeg,
    idleTimeoutMs: 200,
    socketFolder: tmpdir(),
    onProblem: (problem) => problems.push(problem),
    onConnected: () => undefined,
    onFormat: () => undefined,
    onSoundProblem: (problem) => soundProblems.push(problem),
    onNote: (note) => notes.push(note),
    ...options,
  });
  return { stream, problems, soundProblems, notes, [Symbol.asyncDispose]: () => stream.close() };
}

/** Starts the camera; `options` take the place of what is usual. */
export async function openStream(settings: Partial<CameraSettings> = {}, options: Partial<CameraStreamOptions> = {}): Promise<OpenedStream> {
  const camera = await startCamera({ main: smallFootage, ...settings, ffmpegPath });
  const opened = streamOf({ kind: 'rtsp', url: camera.url('main'), transport: 'tcp' }, options);
  const dispose = async (): Promise<void> => {
    await opened[Symbol.asyncDispose]();
    await camera.close();
  };
  return { ...opened, camera, [Symbol.asyncDispose]: dispose };
}
