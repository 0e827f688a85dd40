import { Buffer } from 'node:buffer';
import type { VideoCodec } from './access-unit.js';
import { BitReader } from './bit-reader.js';
import { FormatError } from './format-error.js';

/** nal_unit_type of H.264 (ITU-T H.264 table 7-1). */
export const h264Nal = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, accessUnitDelimiter: 9, endOfSequence: 10, endOfStream: 11, filler: 12 } as const;

/** nal_unit_type of HEVC (ITU-T H.265 table 7-1). `irapFirst` to `irapLast` are the pictures that decoding can start at. */
export const hevcNal = { irapFirst: 16, cra: 21, irapLast: 21, vclLast: 31, vps: 32, sps: 33, pps: 34, accessUnitDelimiter: 35, endOfSequence: 36, endOfStream: 37, filler: 38, prefixSei: 39, suffixSei: 40 } as const;

const lengthBytes = 4;

/** The nal_unit_type in a NAL unit's first byte. */
export function nalType(codec: VideoCodec, firstByte: number): number {
  return codec === 'h264' ? firstByte & 0x1f : (firstByte >> 1) & 0x3f;
}

/**
 * Where the NAL unit ends whose four length bytes start at `at`; it begins at `at + 4`. -1 where it would run past the end of
 * `data`: the access unit is damaged.
 */
function nalEnd(data: Uint8Array, at: number): number {
  const start = at + lengthBytes;
  if (start > data.length) {
    return -1;
  }
  const end = start + (data[at] ?? 0) * 0x1000000 + (((data[at + 1] ?? 0) << 16) | ((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0));
  return end > data.length ? -1 : end;
}

/**
 * Calls `visit` with where each NAL unit starts (its header byte) and ends. Empty ones are passed over.
 * False where a length runs past the end: what came before was visited, the rest is damaged.
 */
export function forEachNal(data: Uint8Array, visit: (start: number, end: number) => void): boolean {
  let at = 0;
  while (at < data.length) {
    const end = nalEnd(data, at);
    if (end < 0) {
      return false;
    }
    if (end > at + lengthBytes) {
      visit(at + lengthBytes, end);
    }
    at = end;
  }
  return true;
}

/** Whether decoding can start at this access unit: IDR for H.264, or one that its recovery point SEI says so of; any IRAP picture for HEVC. */
export function isKeyframe(codec: VideoCodec, data: Uint8Array): boolean {
  let recovers = false;
  for (let at = 0; at < data.length;) {
    const end = nalEnd(data, at);
    if (end < 0) {
      return false;
    }
    const type = end > at + lengthBytes ? nalType(codec, data[at + lengthBytes] ?? 0) : -1;
    if (codec === 'h264' && type >= h264Nal.slice && type <= h264Nal.idr) {
      return type === h264Nal.idr || (recovers && intraSlices.includes(sliceType(data.subarray(at + lengthBytes + 1, end)) ?? -1));
    }
    recovers ||= codec === 'h264' && type === h264Nal.sei && isRecoveryPoint(data.subarray(at + lengthBytes, end));
    if (codec === 'hevc' && type >= 0 && type <= hevcNal.vclLast) {
      return type >= hevcNal.irapFirst && type <= hevcNal.irapLast;
    }
    at = end;
  }
  return false;
}

/**
 * Whether a keyframe is one that not every viewer can begin with: no IDR picture for H.264, CRA for HEVC. Some pictures that are sent behind it
 * depend on ones before it.
 */
export function beginsOpenGop(codec: VideoCodec, data: Uint8Array): boolean {
  let first: number | undefined;
  forEachNal(data, (start) => {
    const type = nalType(codec, data[start] ?? 0);
    // The second field of an IDR picture is a slice like any other.
    const ofPicture = codec === 'h264' ? type >= h264Nal.slice && type <= h264Nal.idr : type <= hevcNal.vclLast;
    first ??= ofPicture ? type : undefined;
  });
  return first === (codec === 'h264' ? h264Nal.slice : hevcNal.cra);
}

/** Payload type of the SEI message (ITU-T H.264 D.1.1). */
const recoveryPoint = 6;
/** Encoders write their settings into SEI messages; recovery points stand in front of those. */
const mostSeiMessages = 8;

/** Whether all is well from this very picture on: recovery_frame_cnt is 0 (D.2.8). With another count pictures refresh themselves bit by bit. */
function isRecoveryPoint(sei: Uint8Array): boolean {
  let at = 1;
  const number = (): number => {
    let value = 0;
    while (sei[at] === 0xff) {
      value += 0xff;
      at++;
    }
    return value + (sei[at++] ?? 0);
  };
  for (let message = 0; message < mostSeiMessages && at + 2 < sei.length; message++) {
    const type = number();
    const size = number();
    if (type === recoveryPoint) {
      return ((sei[at] ?? 0) & 0x80) !== 0; // ue(v) of 0 is the bit 1
    }
    at += size;
  }
  return false;
}

/** More than first_mb_in_slice and slice_type take. */
const sliceStartBytes = 8;

/** slice_type modulo 5 (ITU-T H.264 table 7-6): I and SI. Some cameras announce a recovery point with every picture. */
const intraSlices: readonly number[] = [2, 4];
const bSlice = 1;

/** @param slice behind its NAL header (7.3.3). @returns slice_type modulo 5; undefined where it is damaged. */
function sliceType(slice: Uint8Array): number | undefined {
  const bits = new BitReader(slice.subarray(0, sliceStartBytes));
  try {
    bits.ue();
    return bits.ue() % 5;
  } catch (error) {
    if (error instanceof FormatError) {
      return undefined;
    }
    throw error;
  }
}

/** Whether an access unit of H.264 is a B-frame: told by its first slice. */
export function isBFrame(data: Uint8Array): boolean {
  let type: number | undefined;
  forEachNal(data, (start, end) => {
    if (type === undefined && nalType('h264', data[start] ?? 0) === h264Nal.slice) {
      type = sliceType(data.subarray(start + 1, end));
    }
  });
  return type === bSlice;
}

/** The same NAL units with start codes instead of lengths (ITU-T H.264 annex B). A damaged rest is left out. */
export function toAnnexB(data: Uint8Array): Buffer {
  const out = Buffer.from(data);
  let at = 0;
  while (at < data.length) {
    const end = nalEnd(data, at);
    if (end < 0) {
      break;
    }
    out.writeUInt32BE(1, at);
    at = end;
  }
  return out.subarray(0, at);
}

/** The same NAL units with lengths of four bytes instead of start codes. Bytes before the first start code are left out, trailing zeros too. */
export function fromAnnexB(data: Uint8Array): Buffer {
  const nals: Uint8Array[] = [];
  let start = -1;
  for (let code = startCodeFrom(data, 0); ; code = startCodeFrom(data, code + 3)) {
    if (start >= 0) {
      let end = code < 0 ? data.length : code;
      while (end > start && data[end - 1] === 0) {
        end--;
      }
      if (end > start) {
        nals.push(data.subarray(start, end));
      }
    }
    if (code < 0) {
      return joinNals(nals);
    }
    start = code + 3;
  }
}

/** Where the next 00 00 01 begins, -1 where there is none. */
function startCodeFrom(data: Uint8Array, from: number): number {
  for (let at = from + 2; at < data.length;) {
    const byte = data[at] ?? 0;
    if (byte > 1) {
      at += 3;
    } else if (byte === 0) {
      at += 1;
    } else if (data[at - 1] === 0 && data[at - 2] === 0) {
      return at - 2;
    } else {
      at += 3;
    }
  }
  return -1;
}

/** One access unit of these NAL units, each preceded by its length in four bytes. */
export function joinNals(nals: readonly Uint8Array[]): Buffer {
  const out = Buffer.allocUnsafeSlow(nals.reduce((sum, nal) => sum + lengthBytes + nal.length, 0));
  let at = 0;
  for (const nal of nals) {
    out.writeUInt32BE(nal.length, at);
    out.set(nal, at + lengthBytes);
    at += lengthBytes + nal.length;
  }
  return out;
}

/**
 * The same NAL units with lengths of four bytes; the same object where they are so already. RTMP sources may use 1 or 2 bytes,
 * and FFmpeg copies that into the MP4. A damaged rest is left out.
 */
export function withFourByteLengths(data: Uint8Array, nalLengthBytes: number): Uint8Array {
  if (nalLengthBytes === lengthBytes) {
    return data;
  }
  const nals: Uint8Array[] = [];
  let at = 0;
  while (at + nalLengthBytes <= data.length) {
    let length = 0;
    for (let index = 0; index < nalLengthBytes; index++) {
      length = length * 256 + (data[at + index] ?? 0);
    }
    const start = at + nalLengthBytes;
    if (start + length > data.length) {
      break;
    }
    if (length > 0) {
      nals.push(data.subarray(start, start + length));
    }
    at = start + length;
  }
  return joinNals(nals);
}
