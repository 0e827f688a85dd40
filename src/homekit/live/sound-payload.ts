import { joinOpusPackets, padOpusPacket } from '../../media/opus-packet.js';
import { aacPayload } from '../../media/rtp-aac.js';
import type { LiveCodec } from '../../policy/live-sound.js';

/** How frames get into an RTP packet. */
export interface SoundPayload {
  /**
   * @param frames as `SoundRendition` gives them; undefined for a missing one, but not the first.
   * @param constantBitrate all packets are to be of one size, where the codec leaves us that.
   */
  readonly write: (frames: readonly [Uint8Array, ...(Uint8Array | undefined)[]], constantBitrate: boolean) => Uint8Array;
  /** Whether every packet carries the marker, or only the first one after silence. */
  readonly marksEach: boolean;
}

export const soundPayloads: Readonly<Record<LiveCodec, SoundPayload>> = {
  // RFC 7587 4.2, and RFC 3551 4.1.
  opus: { write: opusPayload, marksEach: false },
  // RFC 3640 3.1.
  'aac-eld': { write: ([frame]) => aacPayload(frame), marksEach: true },
};

/** A missing frame becomes one of no length, which the viewer conceals. Joined ones lose the padding that the encoder gave them. */
function opusPayload(frames: readonly [Uint8Array, ...(Uint8Array | undefined)[]], constantBitrate: boolean): Uint8Array {
  const [first] = frames;
  if (frames.length === 1) {
    return first;
  }
  const lost = first.subarray(0, 1);
  const joined = joinOpusPackets(frames.map((frame) => frame ?? lost));
  return constantBitrate ? padOpusPacket(joined, Math.max(joined.length, first.length * frames.length)) : joined;
}
