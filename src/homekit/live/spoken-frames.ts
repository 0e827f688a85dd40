import { FormatError } from '../../media/format-error.js';
import { readOpusPacket } from '../../media/opus-packet.js';
import { readAacPayload } from '../../media/rtp-aac.js';
import { eldFrameSamples, type LiveCodec } from '../../policy/live-sound.js';

/** What a decoder takes at once. */
export interface SpokenFrame {
  readonly data: Uint8Array;
  /** On the viewer's RTP clock, from its packet's time on. */
  readonly afterTicks: number;
}

/** Frames of Opus up to this size say that there is nothing to hear (RFC 6716 3.1, DTX). */
const silentFrameBytes = 2;

/** What there is to hear in an RTP payload from a viewer. A damaged one has nothing: FFmpeg could do nothing with it either. */
export const spokenFrames: Readonly<Record<LiveCodec, (payload: Uint8Array) => readonly SpokenFrame[]>> = {
  opus: (payload) => (unlessDamaged(() => readOpusPacket(payload).frames).some(({ length }) => length > silentFrameBytes) ? [{ data: payload, afterTicks: 0 }] : []),
  'aac-eld': (payload) => unlessDamaged(() => readAacPayload(payload)).map((data, index) => ({ data, afterTicks: index * eldFrameSamples })),
};

function unlessDamaged(read: () => readonly Uint8Array[]): readonly Uint8Array[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) {
      return [];
    }
    throw error;
  }
}
