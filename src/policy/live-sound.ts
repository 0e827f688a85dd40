/** What HomeKit asks the sound of a live view to be (HAP R13 11.8.1, selected audio parameters). */
export interface SoundRequest {
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
  readonly sampleRate: 16_000 | 24_000;
  readonly bitrateKbps: number;
  readonly constantBitrate: boolean;
  /** Of one Opus frame; a packet holds several. */
  readonly frameMs: 10 | 20;
  /** How much louder than what the camera sends; 0 leaves it as it is. */
  readonly gainDb: number;
  readonly lessNoise: boolean;
}

/** What a camera is set to. */
export interface SoundOptions {
  readonly audioGain: number;
  readonly noiseFilter: boolean;
}

/** What Opus makes of speech below is no pleasure, above nobody hears the difference. */
const bitrate = { usualKbps: 24, leastKbps: 12, mostKbps: 96 } as const;
/** Packets of more than 60 ms are not HomeKit's; and frames that are given together must fit into one. */
const packet = { leastMs: 10, mostMs: 60 } as const;

/** @param volume of the camera's microphone in the Home app, 1 to 100. */
export function liveSoundSettings(request: SoundRequest, { audioGain, noiseFilter }: SoundOptions, volume: number): LiveSoundSettings {
  const asked = request.bitrateKbps === 0 ? bitrate.usualKbps : request.bitrateKbps;
  return {
    sampleRate: request.sampleRate === 24_000 ? 24_000 : 16_000,
    bitrateKbps: Math.min(Math.max(asked, bitrate.leastKbps), bitrate.mostKbps),
    constantBitrate: request.constantBitrate,
    frameMs: packetMsOf(request) % 20 === 0 ? 20 : 10,
    gainDb: audioGain + decibels(volume),
    lessNoise: noiseFilter,
  };
}

/** Of each packet: as asked, in whole frames. */
export function packetMsOf({ packetMs }: SoundRequest): number {
  return Math.min(Math.max(Math.round(packetMs / 10) * 10, packet.leastMs), packet.mostMs);
}

/** The same for settings that can share an encoder: '16000 Hz, 24 kbit/s, 20 ms'. */
export function liveSoundKey({ sampleRate, bitrateKbps, constantBitrate, frameMs, gainDb, lessNoise }: LiveSoundSettings): string {
  return `Opus ${sampleRate} Hz, ${bitrateKbps} kbit/s${constantBitrate ? ' constant' : ''}, ${frameMs} ms${gainDb === 0 ? '' : `, ${gainDb} dB`}${lessNoise ? ', less noise' : ''}`;
}

/** Of a volume from 1 to 100, in whole decibels: half of it is 6 dB less. */
export function decibels(volume: number): number {
  const db = Math.round(20 * Math.log10(Math.min(Math.max(volume, 1), 100) / 100));
  return db === 0 ? 0 : db;
}
