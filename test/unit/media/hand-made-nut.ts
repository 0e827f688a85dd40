import { Buffer } from 'node:buffer';
import { nutChecksum, nutFileId, nutStartCodes, type NutPacketName } from '../../../src/media/nut-format.js';

/** Pieces of NUT streams as no FFmpeg at hand writes them, and damaged ones. */

/** Unsigned, seven bits a byte. */
export function v(...values: readonly number[]): number[] {
  return values.flatMap((value) => {
    const digits = [value % 128];
    for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
      digits.unshift(128 + (rest % 128));
    }
    return digits;
  });
}

export function withChecksum(bytes: readonly number[]): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(nutChecksum(Uint8Array.from(bytes)));
  return Buffer.concat([Buffer.from(bytes), sum]);
}

export function packet(name: NutPacketName, body: readonly number[]): Buffer {
  const startCode = Buffer.alloc(8);
  startCode.writeBigUInt64BE(nutStartCodes[name]);
  const length = v(body.length + 4);
  const long = body.length + 4 > 4096;
  const start = [...startCode, ...length];
  return Buffer.concat([long ? withChecksum(start) : Buffer.from(start), withChecksum(body)]);
}

export interface HandMadeNut {
  readonly version?: readonly number[];
  readonly streams?: number;
  readonly timeBases?: readonly number[];
  /** Rows of the table of frame codes, as they are written. */
  readonly frameCodes?: readonly number[];
  readonly elision?: readonly (readonly number[])[];
  readonly mainFlags?: readonly number[];
  readonly tag?: string;
  readonly timeBase?: number;
  readonly msbPtsShift?: number;
  readonly width?: number;
  readonly height?: number;
}

/** Code 0: key, coded time, size. The others have 1, 2, 3 bytes more and so on. */
export const plainFrameCodes = v(1 | 8 | 32, 6, 0, 1, 0, 0, 0, 255);

/** Headers of version 3 with pictures of 4x2 (12 bytes) and a tick of 1 ms, but for what is asked otherwise. */
export function headers({ version = [3], streams = 1, timeBases = [1, 1_000], frameCodes = plainFrameCodes, elision = [], mainFlags = [], tag = 'I420', timeBase = 0, msbPtsShift = 7, width = 4, height = 2 }: HandMadeNut = {}): Buffer {
  const elisionHeaders = elision.flatMap((header) => [...v(header.length), ...header]);
  const main = [...v(...version, streams, 65_536, timeBases.length / 2, ...timeBases), ...frameCodes, ...v(elision.length), ...elisionHeaders, ...v(...mainFlags)];
  const stream = [...v(0, 0, tag.length), ...Buffer.from(tag), ...v(timeBase, msbPtsShift, 1_000, 0, 0, 0, width, height, 1, 1, 0)];
  return Buffer.concat([nutFileId, packet('main', main), packet('stream', stream)]);
}
