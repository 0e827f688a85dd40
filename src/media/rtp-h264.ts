import type { AccessUnit } from './access-unit.js';
import { forEachNal, h264Nal } from './nal.js';
import type { PacketSlab, PacketSpan } from './rtp-slab.js';
import { srtpTagBytes } from './srtp.js';

const rtpHeaderBytes = 12;
const fuHeaderBytes = 2;

/** RFC 6184 5.2: the packet types that we send besides single NAL units. */
const stapA = 24;
const fuA = 28;

export interface RtpIdentity {
  readonly ssrc: number;
  /** 0 to 127, as asked by the viewer. */
  readonly payloadType: number;
  /** Largest packet on the wire above UDP, SRTP tag included, in bytes. */
  readonly maxPacketBytes: number;
  /** Of the first packet; RFC 3550 5.1 wants it random. */
  readonly firstSequence: number;
}

/** Delimiters and stuffing: of no use to a receiver of RTP. */
const notSent = new Set<number>([h264Nal.accessUnitDelimiter, h264Nal.endOfSequence, h264Nal.endOfStream, h264Nal.filler]);
const parameterSets = new Set<number>([h264Nal.sps, h264Nal.pps]);

/** Cuts H.264 access units into RTP packets: packetization mode 1, non-interleaved (RFC 6184 6.3). */
export class H264Packetizer {
  readonly #identity: RtpIdentity;
  readonly #maxPayload: number;
  #sequence: number;

  constructor(identity: RtpIdentity) {
    this.#identity = identity;
    this.#maxPayload = identity.maxPacketBytes - rtpHeaderBytes - srtpTagBytes;
    this.#sequence = identity.firstSequence & 0xffff;
  }

  /** The number that the next packet will carry. */
  get nextSequence(): number {
    return this.#sequence;
  }

  /**
   * Packets of one picture, the last one marked. SPS and PPS go before each keyframe (HomeKit viewers join in the middle),
   * from the unit's format; those in the unit itself are the same and not sent twice.
   * @param rtpTime 90 kHz, wraps at 2^32.
   */
  packetize(unit: AccessUnit, rtpTime: number): PacketSlab {
    const nals: { start: number; end: number }[] = [];
    let bytes = 0;
    let packets = 0;
    forEachNal(unit.data, (start, end) => {
      const type = (unit.data[start] ?? 0) & 0x1f;
      if (notSent.has(type) || (unit.keyframe && parameterSets.has(type))) {
        return;
      }
      nals.push({ start, end });
      bytes += end - start;
      packets += Math.ceil((end - start) / (this.#maxPayload - fuHeaderBytes));
    });
    const sets = unit.keyframe ? unit.format.parameterSets : [];
    for (const set of sets) {
      bytes += set.length + 3;
      packets += Math.ceil(set.length / (this.#maxPayload - fuHeaderBytes)) + 1;
    }
    const perPacket = rtpHeaderBytes + fuHeaderBytes + srtpTagBytes + 3;
    const writer = new SlabWriter(Buffer.allocUnsafeSlow((bytes + packets * perPacket + 3) & ~3), this.#identity, this.#sequence, rtpTime);
    this.#writeParameterSets(writer, sets);
    for (const { start, end } of nals) {
      this.#writeNal(writer, unit.data, start, end);
    }
    const slab = writer.finish();
    this.#sequence = (this.#sequence + slab.spans.length) & 0xffff;
    return slab;
  }

  #writeParameterSets(writer: SlabWriter, sets: readonly Uint8Array[]): void {
    const together = 1 + sets.reduce((sum, set) => sum + 2 + set.length, 0);
    if (sets.length < 2 || together > this.#maxPayload) {
      for (const set of sets) {
        this.#writeNal(writer, set, 0, set.length);
      }
      return;
    }
    const importance = Math.max(...sets.map((set) => (set[0] ?? 0) & 0x60));
    writer.begin();
    writer.byte(importance | stapA);
    for (const set of sets) {
      writer.byte(set.length >> 8);
      writer.byte(set.length & 0xff);
      writer.bytes(set, 0, set.length);
    }
    writer.end();
  }

  #writeNal(writer: SlabWriter, data: Uint8Array, start: number, end: number): void {
    if (end - start <= this.#maxPayload) {
      writer.begin();
      writer.bytes(data, start, end);
      writer.end();
      return;
    }
    const header = data[start] ?? 0;
    const chunk = this.#maxPayload - fuHeaderBytes;
    for (let at = start + 1; at < end; at += chunk) {
      const to = Math.min(at + chunk, end);
      writer.begin();
      writer.byte((header & 0xe0) | fuA);
      writer.byte((at === start + 1 ? 0x80 : 0) | (to === end ? 0x40 : 0) | (header & 0x1f));
      writer.bytes(data, at, to);
      writer.end();
    }
  }
}

/** Writes RTP packets one behind the other into a buffer that is known to be large enough. */
class SlabWriter {
  readonly #buffer: Buffer;
  readonly #identity: RtpIdentity;
  readonly #rtpTime: number;
  readonly #spans: PacketSpan[] = [];
  #sequence: number;
  #start = 0;
  #at = 0;
  #payloadBytes = 0;

  constructor(buffer: Buffer, identity: RtpIdentity, sequence: number, rtpTime: number) {
    this.#buffer = buffer;
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

  /** Marks the last packet of the picture (RFC 6184 5.1). */
  finish(): PacketSlab {
    const last = this.#spans.at(-1);
    if (last) {
      this.#buffer[last.start + 1] = this.#identity.payloadType | 0x80;
    }
    return { buffer: this.#buffer, spans: this.#spans, payloadBytes: this.#payloadBytes };
  }
}
