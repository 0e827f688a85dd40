/** What live sound comes in, in both directions. */
export type LiveCodec = 'opus' | 'aac-eld';

interface CodecRules {
  /** For the log. */
  readonly name: string;
  /** In Hz. */
  readonly sampleRates: readonly LiveSoundSettings['sampleRate'][];
  readonly bitrate: { readonly usualKbps: number; readonly leastKbps: number; readonly mostKbps: number };
  /** How long a frame may last; all are multiples of the last one. */
  readonly frameMs: readonly LiveSoundSettings['frameMs'][];
  /** Frames that are given together must fit into a packet. */
  readonly mostPacketMs: number;
}

/** Of AAC-ELD in HomeKit: 30 ms at 16 kHz. */
export const eldFrameSamples = 480;

/** What each is, and how much of what is asked can be had. */
export const liveCodecs: Readonly<Record<LiveCodec, CodecRules>> = {
  opus: {
    name: 'Opus',
    sampleRates: [24_000, 16_000],
    // What Opus makes of speech below is no pleasure, above nobody hears the difference.
    bitrate: { usualKbps: 24, leastKbps: 12, mostKbps: 96 },
    frameMs: [20, 10],
    // More is not HomeKit's.
    mostPacketMs: 60,
  },
  // A frame of 480 samples a packet, whatever is asked, and always the bitrate that the header of its SBR is for: viewers are told neither.
  'aac-eld': { name: 'AAC-ELD', sampleRates: [16_000], bitrate: { usualKbps: 24, leastKbps: 24, mostKbps: 24 }, frameMs: [30], mostPacketMs: 30 },
};

/** What HomeKit asks the sound of a live view to be (HAP R13 11.8.1, selected audio parameters). */
export interface SoundRequest {
  readonly codec: LiveCodec;
  /** In Hz. */
  readonly sampleRate: number;
  readonly constantBitrate: boolean;
  /** 0 where it does not say. */
  readonly bitrateKbps: number;
  /** How much sound each packet holds. */
  readonly packetMs: number;
}

/** How the sound of a camera is encoded for live views. Who needs the same shares one encoder. */
export interface LiveSoundSettings {
  readonly codec: LiveCodec;
  readonly sampleRate: 16_000 | 24_000;
  readonly bitrateKbps: number;
  readonly constantBitrate: boolean;
  /** Of one frame; a packet holds one or several. */
  readonly frameMs: 10 | 20 | 30;
  /** How much louder than what the camera sends; 0 leaves it as it is. */
  readonly gainDb: number;
  readonly lessNoise: boolean;
}

/** What a camera is set to. */
export interface SoundOptions {
  readonly audioGain: number;
  readonly noiseFilter: boolean;
}

/** @param volume of the camera's microphone in the Home app, 1 to 100. */
export function liveSoundSettings(request: SoundRequest, { audioGain, noiseFilter }: SoundOptions, volume: number): LiveSoundSettings {
  const { codec } = request;
  const { sampleRates, bitrate, frameMs } = liveCodecs[codec];
  const asked = request.bitrateKbps === 0 ? bitrate.usualKbps : request.bitrateKbps;
  const packetMs = packetMsOf(request);
  return {
    codec,
    sampleRate: sampleRates.find((rate) => rate === request.sampleRate) ?? 16_000,
    bitrateKbps: Math.min(Math.max(asked, bitrate.leastKbps), bitrate.mostKbps),
    constantBitrate: request.constantBitrate,
    frameMs: frameMs.find((ms) => packetMs % ms === 0) ?? 10,
    gainDb: audioGain + decibels(volume),
    lessNoise: noiseFilter,
  };
}

/** Of each packet: as asked, in whole frames. */
export function packetMsOf({ codec, packetMs }: SoundRequest): number {
  const { frameMs, mostPacketMs } = liveCodecs[codec];
  const leastMs = Math.min(...frameMs);
  return Math.min(Math.max(Math.round(packetMs / leastMs) * leastMs, leastMs), mostPacketMs);
}

/** The same for settings that can share an encoder: '16000 Hz, 24 kbit/s, 20 ms'. */
export function liveSoundKey({ codec, sampleRate, bitrateKbps, constantBitrate, frameMs, gainDb, lessNoise }: LiveSoundSettings): string {
  return `${liveCodecs[codec].name} ${sampleRate} Hz, ${bitrateKbps} kbit/s${constantBitrate ? ' constant' : ''}, ${frameMs} ms${gainDb === 0 ? '' : `, ${gainDb} dB`}${lessNoise ? ', less noise' : ''}`;
}

/** Of a volume from 1 to 100, in whole decibels: half of it is 6 dB less. */
export function decibels(volume: number): number {
  const db = Math.round(20 * Math.log10(Math.min(Math.max(volume, 1), 100) / 100));
  return db === 0 ? 0 : db;
}
