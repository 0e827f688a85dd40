import { spawn } from 'node:child_process';
import { readMarks, type Marks } from './camera/marks.js';
import { ffmpegPath } from './house.js';

/** A decoded JPEG: its own size, its brightness and what the simulated camera wrote into it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly luma: Buffer;
  readonly marks: Marks | undefined;
}

/** Decodes a JPEG with FFmpeg. */
export async function decodeJpeg(jpeg: Buffer): Promise<Picture> {
  const child = spawn(ffmpegPath, ['-v', 'error', '-f', 'image2pipe', '-c:v', 'mjpeg', '-i', 'pipe:0', '-pix_fmt', 'yuv444p', '-f', 'yuv4mpegpipe', '-strict', '-1', 'pipe:1']);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(jpeg);
  await new Promise((resolve) => child.once('close', resolve));
  const output = Buffer.concat(chunks);
  const size = /^YUV4MPEG2 W(\d+) H(\d+)/.exec(output.subarray(0, 100).toString('latin1'));
  const width = Number(size?.[1] ?? 0);
  const height = Number(size?.[2] ?? 0);
  const start = output.indexOf('FRAME\n') + 6;
  const luma = output.subarray(start, start + width * height);
  return { width, height, luma, marks: width > 0 ? readMarks(luma, width, height) : undefined };
}
