import { FormatError } from './format-error.js';
import { type NutCursor, firstStartCodeByte, nutFlags, nutPipe } from './nut-format.js';

/** Seconds for a tick: `numerator / denominator`. */
export interface NutTimeBase {
  readonly numerator: number;
  readonly denominator: number;
}

/** What a frame's first byte stands for. */
interface FrameCode {
  readonly flags: number;
  readonly ptsDelta: number;
  readonly sizeMultiplier: number;
  readonly sizeLsb: number;
  readonly reservedCount: number;
  readonly headerIndex: number;
}

export interface NutMainHeader {
  readonly timeBases: readonly NutTimeBase[];
  /** 256 of them, by a frame's first byte. */
  readonly frameCodes: readonly FrameCode[];
  /** First bytes that a small frame leaves out; the first of them is empty. */
  readonly elisionHeaders: readonly Uint8Array[];
}

export interface NutStreamHeader {
  readonly timeBase: NutTimeBase;
  readonly msbPtsShift: number;
  readonly width: number;
  readonly height: number;
}

/** As it stands in the frame; times and sizes are still to be judged. */
export interface NutFrameHeader {
  readonly flags: number;
  /** Undefined: `ptsDelta` after the last one. */
  readonly codedPts: number | undefined;
  readonly ptsDelta: number;
  readonly streamId: number;
  /** With what is left out of the frame's beginning. */
  readonly size: number;
  readonly headerIndex: number;
}

const versions = { oldest: 3, newest: 4 } as const;
const mostTimeBases = 256;
const mostElisionHeaders = 128;
const mostElisionBytes = 1024;
const videoClass = 0;
const i420Tag = 'I420';
const largest = { side: 7680, pixels: 7680 * 4320 } as const;

/** main_header. @throws FormatError */
export function readMainHeader(cursor: NutCursor): NutMainHeader {
  const version = cursor.v();
  require(version >= versions.oldest && version <= versions.newest, `NUT of version ${version}`);
  if (version >= 4) {
    cursor.v(); // minor_version
  }
  const streams = cursor.v();
  require(streams === 1, `${streams} streams in place of one`);
  cursor.v(); // max_distance
  const timeBases = readTimeBases(cursor);
  const frameCodes = readFrameCodes(cursor);
  const elisionHeaders = cursor.left > 0 ? readElisionHeaders(cursor) : [new Uint8Array()];
  const flags = version >= 4 && cursor.left > 0 ? cursor.v() : 0;
  require((flags & ~nutPipe) === 0, `main header flags ${flags}`);
  return { timeBases, frameCodes, elisionHeaders };
}

function readTimeBases(cursor: NutCursor): NutTimeBase[] {
  const count = cursor.v();
  require(count > 0 && count <= mostTimeBases, `${count} time bases`);
  return Array.from({ length: count }, () => {
    const [numerator, denominator] = [cursor.v(), cursor.v()];
    require(isTick(numerator) && isTick(denominator), `a time base of ${numerator}/${denominator}`);
    return { numerator, denominator };
  });
}

function isTick(value: number): boolean {
  return value > 0 && value < 2 ** 31;
}

/** The table is written as runs; what a run leaves out is as in the run before, or 0. */
function readFrameCodes(cursor: NutCursor): FrameCode[] {
  const codes: FrameCode[] = [];
  let [ptsDelta, sizeMultiplier, headerIndex] = [0, 1, 0];
  while (codes.length < 256) {
    const flags = cursor.v();
    const fields = cursor.v();
    ptsDelta = fields > 0 ? cursor.s() : ptsDelta;
    sizeMultiplier = fields > 1 ? cursor.v() : sizeMultiplier;
    const streamId = fields > 2 ? cursor.v() : 0;
    const firstSize = fields > 3 ? cursor.v() : 0;
    const reservedCount = fields > 4 ? cursor.v() : 0;
    const count = fields > 5 ? cursor.v() : sizeMultiplier - firstSize;
    if (fields > 6) {
      cursor.s(); // match_time_delta
    }
    headerIndex = fields > 7 ? cursor.v() : headerIndex;
    passOver(cursor, fields - 8);
    const room = 256 - codes.length - (codes.length <= firstStartCodeByte ? 1 : 0);
    require(streamId === 0 && count > 0 && count <= room, 'a table of frame codes that does not add up');
    for (let index = 0; index < count; index++) {
      if (codes.length === firstStartCodeByte) {
        codes.push({ flags: nutFlags.invalid, ptsDelta: 0, sizeMultiplier: 0, sizeLsb: 0, reservedCount: 0, headerIndex: 0 });
      }
      codes.push({ flags, ptsDelta, sizeMultiplier, sizeLsb: firstSize + index, reservedCount, headerIndex });
    }
  }
  return codes;
}

function readElisionHeaders(cursor: NutCursor): Uint8Array[] {
  const count = cursor.v();
  require(count < mostElisionHeaders, `${count} elision headers`);
  const headers = Array.from({ length: count }, () => Uint8Array.from(cursor.bytes(cursor.v())));
  const bytes = headers.reduce((sum, header) => sum + header.length, 0);
  require(bytes <= mostElisionBytes && headers.every((header) => header.length > 0), 'elision headers that are empty or too long');
  return [new Uint8Array(), ...headers];
}

/** stream_header of the only stream, which has to be I420 pictures. @throws FormatError */
export function readStreamHeader(cursor: NutCursor, { timeBases }: NutMainHeader): NutStreamHeader {
  const [streamId, streamClass] = [cursor.v(), cursor.v()];
  require(streamId === 0 && streamClass === videoClass, 'a stream that is no video');
  const tag = String.fromCharCode(...cursor.bytes(Math.min(cursor.v(), 8)));
  require(tag === i420Tag, `pictures of format ${JSON.stringify(tag)} in place of ${i420Tag}`);
  const timeBase = timeBases[cursor.v()];
  const msbPtsShift = cursor.v();
  require(timeBase !== undefined && msbPtsShift < 16, 'a stream without a time base');
  cursor.v(); // max_pts_distance
  cursor.v(); // decode_delay
  cursor.v(); // stream_flags
  cursor.bytes(cursor.v()); // codec_specific_data
  const [width, height] = [cursor.v(), cursor.v()];
  const fits = width > 0 && height > 0 && Math.max(width, height) <= largest.side && width * height <= largest.pixels;
  require(fits, `pictures of ${width}x${height}`);
  return { timeBase, msbPtsShift, width, height };
}

/** syncpoint: the time that coded times are near to, in ticks of the stream's time base. @throws FormatError */
export function readSyncpoint(cursor: NutCursor, { timeBases }: NutMainHeader, { timeBase }: NutStreamHeader): number {
  const coded = cursor.v();
  cursor.v(); // back_ptr_div16
  const base = timeBases[coded % timeBases.length] ?? timeBase;
  const ticks = Math.floor(coded / timeBases.length);
  return base === timeBase ? ticks : Math.floor((ticks * base.numerator * timeBase.denominator) / (base.denominator * timeBase.numerator));
}

/** Everything in front of a frame's bytes but the checksum, which is to follow where the flags say so. */
export function readFrameHeader(cursor: NutCursor, { frameCodes }: NutMainHeader): NutFrameHeader {
  const code = frameCodes[cursor.u8()];
  require(code !== undefined && (code.flags & nutFlags.invalid) === 0, 'a frame code that stands for nothing');
  const flags = code.flags & nutFlags.coded ? code.flags ^ cursor.v() : code.flags;
  const streamId = flags & nutFlags.streamId ? cursor.v() : 0;
  const codedPts = flags & nutFlags.codedPts ? cursor.v() : undefined;
  const size = code.sizeLsb + (flags & nutFlags.sizeMsb ? code.sizeMultiplier * cursor.v() : 0);
  if (flags & nutFlags.matchTime) {
    cursor.s();
  }
  const headerIndex = flags & nutFlags.headerIndex ? cursor.v() : code.headerIndex;
  passOver(cursor, flags & nutFlags.reserved ? cursor.v() : code.reservedCount);
  return { flags, codedPts, ptsDelta: code.ptsDelta, streamId, size, headerIndex };
}

/** Fields of later versions. */
function passOver(cursor: NutCursor, fields: number): void {
  for (let index = 0; index < fields && !cursor.short; index++) {
    cursor.v();
  }
}

function require(holds: boolean, otherwise: string): asserts holds {
  if (!holds) {
    throw new FormatError(otherwise);
  }
}
