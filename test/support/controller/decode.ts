import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** What FFmpeg made of an H.264 byte stream. */
export interface Decoded {
  /** What FFmpeg found wrong, a line each: errors, concealed damage, pictures missing by number. Empty for a faultless stream. */
  readonly errors: string;
  readonly frames: number;
  /** Of the first picture; 0 where there was none. */
  readonly width: number;
  readonly height: number;
  /** The pictures in grey at the size asked for, `width * height` bytes each. */
  readonly luma: readonly Buffer[];
}

/** How to decode. */
export interface DecodeOptions {
  readonly ffmpegPath: string;
  /** The size of `luma`; 64x36 unless told, as pictures are then only counted. */
  readonly luma?: { readonly width: number; readonly height: number };
}

/** FFmpeg says at level info that it painted over damage, and at level debug that a picture is missing. */
const fault = /\[(error|fatal|panic)\]|concealing \d+|Frame num gap|[Mm]issing reference picture/;

/** Decodes an Annex B stream strictly: damaged pictures are reported, not smoothed over in silence. */
export async function decodeAnnexB(annexB: Buffer, { ffmpegPath, luma = { width: 64, height: 36 } }: DecodeOptions): Promise<Decoded> {
  if (annexB.length === 0) {
    return { errors: 'Nothing to decode.', frames: 0, width: 0, height: 0, luma: [] };
  }
  // The pictures are numbered: times made of what the stream says of its rate need not rise.
  const input = ['-err_detect', 'crccheck+bitstream+buffer+careful+compliant', '-r', '30', '-f', 'h264', '-i', 'pipe:0'];
  const grey = ['-map', '0:v', '-vf', `scale=${luma.width}:${luma.height}:flags=area,format=gray`, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'];
  // The header of one unscaled picture tells its size.
  const size = ['-map', '0:v', '-frames:v', '1', '-pix_fmt', 'yuv420p', '-f', 'yuv4mpegpipe', 'pipe:3'];
  const child = spawn(ffmpegPath, ['-hide_banner', '-nostats', '-v', 'repeat+level+debug', ...input, ...grey, ...size], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [, stdout, stderr, first] = child.stdio;
  // FFmpeg closing its input early shows in its error output.
  child.stdin.on('error', () => undefined);
  child.stdin.end(annexB);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [pixels, log, picture, code] = await Promise.all([readAll(stdout), readAll(stderr), readAll(first as Readable), ended]);
  const frameBytes = luma.width * luma.height;
  const frames = Math.floor(pixels.length / frameBytes);
  const dimensions = /^YUV4MPEG2 W(\d+) H(\d+)/.exec(picture.subarray(0, 64).toString('latin1'));
  return {
    errors: log.toString().split('\n').filter((line) => fault.test(line)).join('\n') || (code === 0 ? '' : `FFmpeg exited with ${String(code)}.`),
    frames,
    width: Number(dimensions?.[1] ?? 0),
    height: Number(dimensions?.[2] ?? 0),
    luma: Array.from({ length: frames }, (_, index) => pixels.subarray(index * frameBytes, (index + 1) * frameBytes)),
  };
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
