import type { AccessUnit } from './access-unit.js';
import { forEachNal, h264Nal } from './nal.js';
import { rtpHeaderBytes, type RtpIdentity, SlabWriter, slabBytes } from './rtp-slab-writer.js';
import type { PacketSlab } from './rtp-slab.js';
import { srtpTagBytes } from './srtp-keys.js';

const fuHeaderBytes = 2;

/** RFC 6184 5.2: the packet types that we send besides single NAL units. */
const stapA = 24;
const fuA = 28;

export interface VideoRtpIdentity extends RtpIdentity {
  /** Largest packet on the wire above UDP, SRTP tag included, in bytes. */
  readonly maxPacketBytes: number;
}

/** Delimiters and stuffing: of no use to a receiver of RTP. */
const notSent = new Set<number>([h264Nal.accessUnitDelimiter, h264Nal.endOfSequence, h264Nal.endOfStream, h264Nal.filler]);
const parameterSets = new Set<number>([h264Nal.sps, h264Nal.pps]);

/** Cuts H.264 access units into RTP packets: packetization mode 1, non-interleaved (RFC 6184 6.3). */
export class H264Packetizer {
  readonly #identity: VideoRtpIdentity;
  readonly #maxPayload: number;
  #sequence: number;

  constructor(identity: VideoRtpIdentity) {
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
    const writer = new SlabWriter(slabBytes(bytes + packets * fuHeaderBytes, packets), this.#identity, this.#sequence, rtpTime);
    this.#writeParameterSets(writer, sets);
    for (const { start, end } of nals) {
      this.#writeNal(writer, unit.data, start, end);
    }
    writer.mark(); // RFC 6184 5.1
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
