import { FfmpegProcess } from '../../src/ffmpeg/ffmpeg-process.js';
import { openOutputSocket, type OutputSink } from '../../src/ffmpeg/output-socket.js';
import type { Bench } from '../scenario.js';

/** Pictures as a decoder gives them, which cost hardly anything to make: grey ones, at the pace of a camera. */
export interface PictureSource {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly pictures: number;
}

/** As the plugin reads a decoder: from a socket into the sink's memory. Resolves when all have come. */
export async function picturesIntoMemory(bench: Bench, source: PictureSource, socketFolder: string, sink: OutputSink): Promise<void> {
  const output = await openOutputSocket(socketFolder, sink);
  if (!output) {
    throw new Error('This system has no sockets for the output of a child.');
  }
  await using run = start(bench, source, output);
  await run.ended;
}

/** From Node's own pipe, in pieces that are Node's. Resolves when all have come. */
export async function picturesInPieces(bench: Bench, source: PictureSource, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  await using run = start(bench, source);
  run.stdout.on('data', onBytes);
  await run.ended;
}

function start({ ffmpeg }: Bench, { width, height, fps, pictures }: PictureSource, output?: Awaited<ReturnType<typeof openOutputSocket>>): FfmpegProcess {
  const input = ['-re', '-f', 'lavfi', '-i', `color=gray:size=${width}x${height}:rate=${fps},format=yuv420p`, '-frames:v', String(pictures)];
  const args = ['-hide_banner', '-nostdin', '-loglevel', 'error', ...input, '-c:v', 'rawvideo', '-f', 'nut', '-write_index', '0', '-flush_packets', '1', 'pipe:1'];
  return new FfmpegProcess({ path: ffmpeg.path, args, role: 'decode', output });
}
