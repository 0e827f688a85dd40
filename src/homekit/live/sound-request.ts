import type { AudioInfo, AudioStreamingCodecType } from 'homebridge';
import { liveCodecs, type LiveCodec, type SoundRequest } from '../../policy/live-sound.js';

/** HAP's number (R13 11.8.1). */
const constantBitrate = 1;
/** HAP's names; its enums exist only at compile time. */
const names: Readonly<Record<LiveCodec, `${AudioStreamingCodecType}`>> = { opus: 'OPUS', 'aac-eld': 'AAC-eld' };

/** As hap-nodejs reads it. */
type SelectedAudio = Pick<AudioInfo, 'sample_rate' | 'bit_rate' | 'max_bit_rate' | 'packet_time'> & { readonly codec: string };

/** What a viewer asks for; undefined for a codec or a rate that is not offered. */
export function soundRequest({ codec, sample_rate, bit_rate, max_bit_rate, packet_time }: SelectedAudio, offered: readonly LiveCodec[]): SoundRequest | undefined {
  const asked = offered.find((each) => names[each] === codec && liveCodecs[each].sampleRates.some((rate) => rate === sample_rate * 1000));
  return asked && { codec: asked, sampleRate: sample_rate * 1000, constantBitrate: bit_rate === constantBitrate, bitrateKbps: max_bit_rate, packetMs: packet_time };
}
