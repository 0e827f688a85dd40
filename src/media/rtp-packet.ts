import type { Buffer } from 'node:buffer';
import { FormatError } from './format-error.js';
import { rtpHeaderBytes } from './rtp-slab-writer.js';

export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, in ticks of the stream's clock. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** A view into the packet, without padding. */
  readonly payload: Buffer;
}

/** @throws FormatError for what is no RTP packet of version 2, or shorter than it says (RFC 3550 5.1). */
export function readRtpPacket(packet: Buffer): RtpPacket {
  const start = rtpPayloadStart(packet);
  const second = packet.readUInt8(1);
  return {
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(start, packet.length - paddingBytes(packet, start)),
  };
}

/**
 * Where the payload begins: behind contributing sources and extension (RFC 3550 5.1, 5.3.1).
 * @throws FormatError where there is no whole header.
 */
export function rtpPayloadStart(packet: Buffer): number {
  if (packet.length < rtpHeaderBytes || packet.readUInt8(0) >> 6 !== 2) {
    throw new FormatError('not an RTP packet');
  }
  const first = packet.readUInt8(0);
  const extensionAt = rtpHeaderBytes + (first & 0x0f) * 4;
  const hasExtension = (first & 0x10) !== 0;
  if (hasExtension && extensionAt + 4 > packet.length) {
    throw new FormatError('RTP packet ends before its header extension');
  }
  const start = hasExtension ? extensionAt + 4 + packet.readUInt16BE(extensionAt + 2) * 4 : extensionAt;
  if (start > packet.length) {
    throw new FormatError('RTP packet ends within its header');
  }
  return start;
}

/** The last byte counts the padding, itself included. */
function paddingBytes(packet: Buffer, start: number): number {
  if ((packet.readUInt8(0) & 0x20) === 0) {
    return 0;
  }
  const count = packet.length > start ? packet.readUInt8(packet.length - 1) : 0;
  if (count === 0 || count > packet.length - start) {
    throw new FormatError(`RTP packet with ${count} bytes of padding in ${packet.length - start}`);
  }
  return count;
}
