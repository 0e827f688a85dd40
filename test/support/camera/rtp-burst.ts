import { randomFillSync } from 'node:crypto';
import type { Payloads } from './rtp-payloads.js';

/** `$`, channel, length (RFC 2326 10.12). */
const interleavedHeaderBytes = 4;
const rtpHeaderBytes = 12;

interface PacketPlace {
  /** Of the interleaved header. */
  readonly offset: number;
  /** Of the RTP packet, without the interleaved header. */
  readonly length: number;
}

/** The RTP packets of one access unit, laid out as they go over TCP; sequence number, timestamp and SSRC are still empty. */
export interface BurstTemplate {
  readonly bytes: Buffer;
  readonly packets: readonly PacketPlace[];
}

/** Lays out payloads once, so that sending only writes the headers. */
export function burstTemplate(payloads: Payloads, payloadType: number): BurstTemplate {
  const packets: PacketPlace[] = [];
  let size = 0;
  for (const payload of payloads) {
    packets.push({ offset: size, length: rtpHeaderBytes + payload.length });
    size += interleavedHeaderBytes + rtpHeaderBytes + payload.length;
  }
  const bytes = Buffer.alloc(size);
  packets.forEach(({ offset, length }, index) => {
    const marker = index === packets.length - 1 ? 0x80 : 0;
    bytes.set([0x24, 0, length >> 8, length & 0xff, 0x80, marker | payloadType], offset);
    bytes.set(payloads[index] ?? [], offset + interleavedHeaderBytes + rtpHeaderBytes);
  });
  return { bytes, packets };
}

/** Whether a packet is to be left out, and whether payloads are to be spoiled. */
export interface BurstFaults {
  readonly loses: () => boolean;
  readonly spoils: boolean;
}

/** Packets of one access unit as they are sent to everyone who watches. Not changed once made: sockets may still hold it. */
export class Burst {
  private readonly byChannel = new Map<number, Buffer>();

  private constructor(
    private readonly bytes: Buffer,
    private readonly places: readonly PacketPlace[],
  ) {
    this.byChannel.set(0, bytes);
  }

  /** Writes the headers; `sequence` is the number of the first packet. */
  static from(template: BurstTemplate, sequence: number, timestamp: number, ssrc: number, faults: BurstFaults): Burst {
    const bytes = Buffer.from(template.bytes);
    for (const [index, { offset, length }] of template.packets.entries()) {
      bytes.writeUInt16BE((sequence + index) & 0xffff, offset + 6);
      bytes.writeUInt32BE(timestamp >>> 0, offset + 8);
      bytes.writeUInt32BE(ssrc, offset + 12);
      if (faults.spoils) {
        // The first two payload bytes stay: the packet still looks like a NAL unit or a fragment of one.
        const start = Math.min(offset + interleavedHeaderBytes + rtpHeaderBytes + 2, offset + interleavedHeaderBytes + length);
        randomFillSync(bytes.subarray(start, offset + interleavedHeaderBytes + length));
      }
    }
    const kept = template.packets.filter(() => !faults.loses());
    return kept.length === template.packets.length ? new Burst(bytes, kept) : Burst.of(bytes, kept);
  }

  /** Only the packets that were not lost, moved together. */
  private static of(bytes: Buffer, kept: readonly PacketPlace[]): Burst {
    let size = 0;
    const places = kept.map(({ length }) => {
      size += interleavedHeaderBytes + length;
      return { offset: size - interleavedHeaderBytes - length, length };
    });
    const pieces = kept.map(({ offset, length }) => bytes.subarray(offset, offset + interleavedHeaderBytes + length));
    return new Burst(Buffer.concat(pieces), places);
  }

  get packetCount(): number {
    return this.places.length;
  }

  /** The bytes to write on an interleaved connection. */
  onChannel(channel: number): Buffer {
    const existing = this.byChannel.get(channel);
    if (existing) {
      return existing;
    }
    const bytes = Buffer.from(this.bytes);
    for (const { offset } of this.places) {
      bytes[offset + 1] = channel;
    }
    this.byChannel.set(channel, bytes);
    return bytes;
  }

  /** The bare RTP packets, for UDP. */
  packets(): Buffer[] {
    return this.places.map(({ offset, length }) => this.bytes.subarray(offset + interleavedHeaderBytes, offset + interleavedHeaderBytes + length));
  }
}

/** Puts an RTCP packet into an interleaved frame. */
export function interleaved(channel: number, packet: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(0x24, channel, packet.length >> 8, packet.length & 0xff), packet]);
}
