import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { GreyPicture } from '../../../src/motion/detector.js';
import { drawnPictures, type DrawnScene } from './scenes.js';

/** As the sub stream of a camera has it: H.264 without B-frames, a keyframe every two seconds, a bitrate that does not suffice for noise. */
const filmed = { width: 640, height: 360, fps: 10, bitrateKbps: 500, keyframeS: 2 } as const;
/** What a detector gets of it. */
const seen = { width: 320, height: 180, fps: 5 } as const;

/** Which pictures are decoded: five a second, or keyframes alone. */
export type Decoded = 'all' | 'keyframes';

/** A scene through FFmpeg's encoder and decoder: with what compression leaves out, and the pulse of its keyframes. */
export class FilmedScene {
  readonly #h264: Buffer;
  readonly #ffmpegPath: string;

  private constructor(h264: Buffer, ffmpegPath: string) {
    this.#h264 = h264;
    this.#ffmpegPath = ffmpegPath;
  }

  /** Faster than it happens. */
  static async film(scene: DrawnScene, ffmpegPath: string): Promise<FilmedScene> {
    const { width, height, fps, bitrateKbps, keyframeS } = filmed;
    const input = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-color_range', 'tv', '-video_size', `${width}x${height}`, '-framerate', String(fps), '-i', 'pipe:0'];
    const rate = ['-b:v', `${bitrateKbps}k`, '-maxrate', `${bitrateKbps}k`, '-bufsize', `${bitrateKbps}k`];
    const coder = ['-pix_fmt', 'yuv420p', '-color_range', 'tv', '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-bf', '0', '-g', String(fps * keyframeS), '-sc_threshold', '0'];
    const h264 = await through(ffmpegPath, [...input, '-vf', 'scale=in_range=tv:out_range=tv', ...coder, ...rate, '-f', 'h264', 'pipe:1'], Readable.from(rawPictures(scene)));
    return new FilmedScene(h264, ffmpegPath);
  }

  get bitrateKbps(): number {
    return (this.#h264.length * 8) / 1000;
  }

  /** Its pictures as a decoder gives them. */
  async pictures(which: Decoded): Promise<GreyPicture[]> {
    const { width, height } = seen;
    const [skip, rate, stepMs] = which === 'keyframes' ? [['-skip_frame', 'nokey'], '', filmed.keyframeS * 1_000] : [[], `fps=${seen.fps},`, 1_000 / seen.fps];
    const output = ['-vf', `${rate}scale=${width}:${height}`, '-pix_fmt', 'yuv420p', '-f', 'rawvideo', 'pipe:1'];
    const times = which === 'keyframes' ? ['-fps_mode', 'passthrough'] : [];
    const i420 = await through(this.#ffmpegPath, ['-f', 'h264', '-framerate', String(filmed.fps), ...skip, '-i', 'pipe:0', ...times, ...output], Readable.from([this.#h264]));
    const bytes = (width * height * 3) / 2;
    return Array.from({ length: Math.floor(i420.length / bytes) }, (_, index) => ({ width, height, timeMs: index * stepMs, luma: i420.subarray(index * bytes, index * bytes + width * height) }));
  }
}

function* rawPictures(scene: DrawnScene): Generator<Buffer> {
  for (const { luma } of drawnPictures(scene, 1_000 / filmed.fps, filmed)) {
    yield Buffer.from(luma);
  }
}

async function through(ffmpegPath: string, args: readonly string[], input: Readable): Promise<Buffer> {
  const child = spawn(ffmpegPath, ['-hide_banner', '-nostdin', '-loglevel', 'error', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [output] = await Promise.all([buffer(child.stdout), pipeline(input, child.stdin)]);
  const code = await ended;
  if (code !== 0) {
    throw new Error(`FFmpeg ended with ${code ?? 'a signal'}.`);
  }
  return output;
}
