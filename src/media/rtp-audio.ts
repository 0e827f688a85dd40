import { SlabWriter, slabBytes, type RtpIdentity } from './rtp-slab-writer.js';
import type { PacketSlab } from './rtp-slab.js';

/** Puts encoded sound into RTP packets: the payload is the codec's own (RFC 7587 for Opus, RFC 3640 for AAC: `aacPayload`). */
export class AudioPacketizer {
  readonly #identity: RtpIdentity;
  #sequence: number;

  constructor(identity: RtpIdentity) {
    this.#identity = identity;
    this.#sequence = identity.firstSequence & 0xffff;
  }

  /**
   * One packet in a slab of its own, ready for `SrtpSender`. The payload is copied.
   * @param rtpTime of the payload's first sample, in ticks of the stream's clock; wraps at 2^32.
   * @param marker the first packet after silence that was not sent (RFC 3551 4.1); for AAC every packet with whole frames (RFC 3640 3.1).
   */
  packet(payload: Uint8Array, rtpTime: number, marker: boolean): PacketSlab {
    const writer = new SlabWriter(slabBytes(payload.length, 1), this.#identity, this.#sequence, rtpTime);
    writer.begin();
    writer.bytes(payload, 0, payload.length);
    writer.end();
    if (marker) {
      writer.mark();
    }
    this.#sequence = (this.#sequence + 1) & 0xffff;
    return writer.finish();
  }
}
