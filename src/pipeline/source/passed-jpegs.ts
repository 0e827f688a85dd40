import type { Readable } from 'node:stream';
import { readJpegPicture } from '../../media/jpeg-picture.js';
import { JpegSplitter } from '../../media/jpeg-splitter.js';
import { tellFormatError } from '../tell-format-error.js';
import type { NewestJpeg } from './newest-jpeg.js';

/** Two come a second. */
const goodForMs = 1_000;

/** Keeps the newest of the JPEGs that FFmpeg passes on. What is none is left out: the picture itself goes another way. */
export function keepPassedJpegs(output: Readable, jpegs: NewestJpeg): void {
  const splitter = new JpegSplitter();
  const leaveOut = (): void => undefined;
  output.on('data', (bytes: Buffer) => {
    tellFormatError('stream-unreadable', leaveOut, () => splitter.push(bytes).forEach((jpeg) => jpegs.put({ ...readJpegPicture(jpeg, performance.now()), goodForMs })));
  });
}
