import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { JpegSplitter } from '../../../src/media/jpeg-splitter.js';
import { completeFootageSettings, filmArguments } from '../camera/footage-arguments.js';
import { ffmpegPath } from '../house.js';

export interface JpegSettings {
  readonly width?: number;
  readonly height?: number;
  /** How many; each has its number in its marks. */
  readonly count?: number;
  /** As FFmpeg names it; 4:2:0 unless told. */
  readonly pixelFormat?: 'yuvj420p' | 'yuvj422p' | 'yuvj444p';
  /** As FFmpeg's encoder has it: 2 is good and large, 31 bad and small. */
  readonly quality?: number;
}

/** What a camera films that sends JPEGs. */
export async function makeJpegs({ width = 640, height = 360, count = 40, pixelFormat = 'yuvj420p', quality = 5 }: JpegSettings = {}): Promise<readonly Buffer[]> {
  const film = filmArguments(completeFootageSettings({ width, height, fps: count, seconds: 1, keyframeSeconds: 1 }));
  const args = ['-v', 'error', '-nostdin', ...film, '-pix_fmt', pixelFormat, '-c:v', 'mjpeg', '-huffman', 'default', '-q:v', String(quality), '-f', 'image2pipe', 'pipe:1'];
  const { stdout } = await promisify(execFile)(ffmpegPath, args, { encoding: 'buffer', maxBuffer: 2 ** 28 });
  return new JpegSplitter().push(stdout);
}
