import { Buffer } from 'node:buffer';
import { BitReader } from './bit-reader.js';
import { FormatError } from './format-error.js';

/** Mode AAC-hbr (RFC 3640 3.3.6): sizeLength=13, indexLength=3, indexDeltaLength=3, and no other fields in an AU header. */
const sizeBits = 13;
const indexBits = 3;
const headerBits = sizeBits + indexBits;
const lengthBytes = 2;
const mostFrameBytes = 2 ** sizeBits - 1;

/**
 * The RTP payload with one whole AAC frame.
 * @throws RangeError for a frame of more than 8191 bytes, or of none.
 */
export function aacPayload(frame: Uint8Array): Buffer {
  if (frame.length === 0 || frame.length > mostFrameBytes) {
    throw new RangeError(`an AAC frame of ${frame.length} bytes does not go into an RTP packet`);
  }
  const payload = Buffer.allocUnsafe(lengthBytes + headerBits / 8 + frame.length);
  payload.writeUInt16BE(headerBits, 0);
  payload.writeUInt16BE(frame.length << indexBits, lengthBytes);
  payload.set(frame, lengthBytes + headerBits / 8);
  return payload;
}

/**
 * The AAC frames of an RTP payload, in order, as views into it. What follows them is not looked at.
 * @throws FormatError for damage, for interleaved frames and for a part of a frame: none of our peers sends these.
 */
export function readAacPayload(payload: Uint8Array): Uint8Array[] {
  const headers = new BitReader(payload);
  const bits = headers.u(8 * lengthBytes);
  if (bits === 0 || bits % headerBits !== 0) {
    throw new FormatError(`RTP payload with AAC headers of ${bits} bits`);
  }
  let at = lengthBytes + bits / 8;
  return Array.from({ length: bits / headerBits }, () => {
    const size = headers.u(sizeBits);
    const index = headers.u(indexBits);
    if (index !== 0) {
      throw new FormatError('RTP payload with interleaved AAC frames');
    }
    if (size === 0 || at + size > payload.length) {
      throw new FormatError(`RTP payload without the whole of an AAC frame of ${size} bytes`);
    }
    at += size;
    return payload.subarray(at - size, at);
  });
}
