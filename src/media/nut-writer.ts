import { Buffer } from 'node:buffer';
import { nutChecksum, nutFileId, nutFlags, nutPipe, nutStartCodes } from './nut-format.js';

/**
 * Writes NUT with one stream of pictures, I420 or JPEGs, for an FFmpeg that reads it from a pipe. Version 4 with the pipe flag: one syncpoint at
 * the beginning and none later, each of which FFmpeg would remember for seeking (some 210 bytes, 540 MB a day at 30 fps).
 */

const ticksPerMs = 90;
/** Of every frame: a keyframe with its time, its size and a checksum, without which FFmpeg refuses a long gap. */
const frameFlags = nutFlags.key | nutFlags.codedPts | nutFlags.sizeMsb | nutFlags.checksum;
const frameCode = 0;

export interface NutPictures {
  readonly width: number;
  readonly height: number;
  /** The highest rate that they come at: encoders share out their bits by it. Undefined: not said. */
  readonly fps?: number | undefined;
  /** What they are, as NUT names it; I420 unless told otherwise. */
  readonly codec?: 'I420' | 'MJPG';
}

/** What stands in front of the first frame. */
export function nutHeader({ width, height, fps, codec = 'I420' }: NutPictures): Buffer {
  const main = [
    ...v(4), // version
    ...v(0), // minor_version
    ...v(1), // stream_count
    ...v(65_536), // max_distance
    ...v(1), // time_base_count
    ...v(1),
    ...v(ticksPerMs * 1_000),
    // One run of 255 frame codes, of which the first is used: time 0, size times 1, stream 0, size plus 0, nothing reserved.
    ...[frameFlags, 6, 0, 1, 0, 0, 0, 255].flatMap(v),
    ...v(0), // elision headers
    ...v(nutPipe),
  ];
  const stream = [
    ...v(0), // stream_id
    ...v(0), // video
    ...v(4),
    ...Buffer.from(codec, 'latin1'),
    ...v(0), // time_base_id
    ...v(0), // msb_pts_shift: times are always complete
    ...v(2 ** 31 - 1), // max_pts_distance
    ...v(0), // decode_delay
    ...v(0), // stream_flags
    ...v(0), // codec_specific_data
    ...v(width),
    ...v(height),
    ...v(1),
    ...v(1), // square pixels
    ...v(0), // colorspace_type: not said
  ];
  const syncpoint = [...v(0), ...v(0)];
  return Buffer.concat([nutFileId, packet(nutStartCodes.main, main), packet(nutStartCodes.stream, stream), ...(fps === undefined ? [] : [packet(nutStartCodes.info, rateInfo(fps))]), packet(nutStartCodes.syncpoint, syncpoint)]);
}

/**
 * What stands in front of a picture's bytes.
 * @param timeMs from 0 on; exact to 1/90000 s.
 * @param bytes of the picture.
 */
export function nutFrameHeader(timeMs: number, bytes: number): Buffer {
  const pts = Math.round(timeMs * ticksPerMs);
  if (!(pts >= 0)) {
    throw new RangeError(`NUT has no time ${timeMs}`);
  }
  return withChecksum([frameCode, ...v(pts + 1), ...v(bytes)]);
}

function packet(startCode: bigint, body: readonly number[]): Buffer {
  const start = Buffer.alloc(8);
  start.writeBigUInt64BE(startCode);
  return Buffer.concat([start, Buffer.from(v(body.length + 4)), withChecksum(body)]);
}

function withChecksum(bytes: readonly number[]): Buffer {
  const buffer = Buffer.alloc(bytes.length + 4);
  buffer.set(bytes);
  buffer.writeUInt32BE(nutChecksum(buffer, 0, bytes.length), bytes.length);
  return buffer;
}

/** Of the first stream, no chapter, one entry: a rational in words. */
function rateInfo(fps: number): number[] {
  return [...v(1), 0, ...v(0), ...v(0), ...v(1), ...text('r_frame_rate'), 2, ...text(`${fps}/1`)];
}

/** Its length, then its bytes. */
function text(words: string): number[] {
  return [...v(words.length), ...Buffer.from(words, 'latin1')];
}

/** Seven bits a byte, the highest first. */
function v(value: number): number[] {
  const bytes = [value % 0x80];
  for (let rest = Math.floor(value / 0x80); rest > 0; rest = Math.floor(rest / 0x80)) {
    bytes.unshift((rest % 0x80) + 0x80);
  }
  return bytes;
}
