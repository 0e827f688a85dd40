import { Buffer } from 'node:buffer';

/** A segment: marker, length, content. */
export function segment(marker: number, content: readonly number[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(marker, 0);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, Buffer.from(content)]);
}

/** SOF0; `sampling` of each component: 0x22 is two by two. */
export function frameHeader({ width = 64, height = 48, sampling = [0x22, 0x11, 0x11], marker = 0xffc0 }: { width?: number; height?: number; sampling?: readonly number[]; marker?: number } = {}): Buffer {
  return segment(marker, [8, height >> 8, height & 0xff, width >> 8, width & 0xff, sampling.length, ...sampling.flatMap((each, index) => [index + 1, each, 0])]);
}

export const startOfImage = Buffer.from([0xff, 0xd8]);
export const endOfImage = Buffer.from([0xff, 0xd9]);
export const huffmanTables = segment(0xffc4, [0, ...Array<number>(16).fill(0)]);
/** With what looks like markers inside: a 0xFF of the picture and restart markers. */
export const scan = Buffer.concat([segment(0xffda, [1, 1, 0, 0, 63, 0]), Buffer.from([1, 2, 0xff, 0x00, 3, 0xff, 0xd0, 4, 0xff, 0xd7, 0xff, 0x00])]);

/** A whole one, of no use to a decoder. @param extra segments before the frame header. */
export function handMadeJpeg(extra: readonly Buffer[] = [], frame = frameHeader()): Buffer {
  return Buffer.concat([startOfImage, ...extra, frame, huffmanTables, scan, endOfImage]);
}

/** EXIF with a thumbnail in it, which is a JPEG itself. */
export function thumbnail(): Buffer {
  return segment(0xffe1, [...Buffer.from('Exif\0\0'), ...handMadeJpeg([], frameHeader({ width: 8, height: 6 }))]);
}
