import type { PacketSlab, PacketSpan } from './rtp-slab.js';
import { srtpTagBytes } from './srtp-keys.js';

/** RFC 3550 5.1, without contributing sources and extension. */
export const rtpHeaderBytes = 12;

/** What stays the same in the headers of a stream. */
export interface RtpIdentity {
  readonly ssrc: number;
  /** 0 to 127, as asked by the viewer. */
  readonly payloadType: number;
  /** Of the first packet; RFC 3550 5.1 wants it random. */
  readonly firstSequence: number;
}

/** Writes RTP packets one behind the other into a buffer that is known to be large enough. */
export class SlabWriter {
  readonly #buffer: Buffer;
  readonly #identity: RtpIdentity;
  readonly #rtpTime: number;
  readonly #spans: PacketSpan[] = [];
  #sequence: number;
  #start = 0;
  #at = 0;
  #payloadBytes = 0;

  /** @param roomBytes for all packets: see `slabBytes`. */
  constructor(roomBytes: number, identity: RtpIdentity, sequence: number, rtpTime: number) {
    this.#buffer = Buffer.allocUnsafeSlow(roomBytes);
    this.#identity = identity;
    this.#sequence = sequence;
    this.#rtpTime = rtpTime >>> 0;
  }

  begin(): void {
    const at = this.#start;
    this.#buffer[at] = 0x80;
    this.#buffer[at + 1] = this.#identity.payloadType;
    this.#buffer.writeUInt16BE(this.#sequence, at + 2);
    this.#buffer.writeUInt32BE(this.#rtpTime, at + 4);
    this.#buffer.writeUInt32BE(this.#identity.ssrc, at + 8);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#at = at + rtpHeaderBytes;
  }

  byte(value: number): void {
    this.#buffer[this.#at++] = value;
  }

  bytes(data: Uint8Array, start: number, end: number): void {
    this.#buffer.set(data.subarray(start, end), this.#at);
    this.#at += end - start;
  }

  end(): void {
    this.#spans.push({ start: this.#start, end: this.#at });
    this.#payloadBytes += this.#at - this.#start - rtpHeaderBytes;
    this.#start = (this.#at + srtpTagBytes + 3) & ~3;
  }

  /** Sets the marker bit of the packet that was ended last. */
  mark(): void {
    const last = this.#spans.at(-1);
    if (last) {
      this.#buffer[last.start + 1] = this.#identity.payloadType | 0x80;
    }
  }

  finish(): PacketSlab {
    return { buffer: this.#buffer, spans: this.#spans, payloadBytes: this.#payloadBytes };
  }
}

/** Room that so many packets with so many bytes of payload in all take at most, each with its tag and beginning at a multiple of four. */
export function slabBytes(payloadBytes: number, packets: number): number {
  return (payloadBytes + packets * (rtpHeaderBytes + srtpTagBytes + 3) + 3) & ~3;
}
