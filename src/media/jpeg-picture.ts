import type { Buffer } from 'node:buffer';
import { readJpegHeader, type JpegHeader } from './jpeg-header.js';
import { withTables } from './jpeg-tables.js';

/** A JPEG of a camera, such that anybody can show it. */
export interface JpegPicture extends Pick<JpegHeader, 'width' | 'height' | 'chroma'> {
  readonly jpeg: Buffer;
  /** When it came, on the process clock. */
  readonly timeMs: number;
}

/** @throws FormatError where it is no JPEG that can be shown. */
export function readJpegPicture(jpeg: Buffer, timeMs: number): JpegPicture {
  const header = readJpegHeader(jpeg);
  const { width, height, chroma } = header;
  return { width, height, chroma, jpeg: withTables(jpeg, header), timeMs };
}
