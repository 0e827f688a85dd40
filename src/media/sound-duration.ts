import { aacFrameSamples } from './audio-specific-config.js';
import type { AudioFormat } from './audio-packet.js';
import { opusDurationMs } from './opus-packet.js';

/** Of sound without compression, or with a constant one, for each channel. */
const bytesPerSample: ReadonlyMap<string, number> = new Map([
  ['pcm_mulaw', 1],
  ['pcm_alaw', 1],
  ['twos', 2],
  ['sowt', 2],
]);

/** How long a packet lasts by what it holds, in milliseconds, whatever its container says; undefined where that cannot be told. */
export function soundDurationMs({ codec, sampleRate, channels, config }: AudioFormat, data: Uint8Array): number | undefined {
  if (codec === 'opus') {
    return opusDurationMs(data);
  }
  const bytes = bytesPerSample.get(codec);
  const samples = bytes === undefined ? (codec === 'aac' ? aacFrameSamples(config) : undefined) : data.length / (bytes * channels);
  return samples === undefined ? undefined : (samples * 1000) / sampleRate;
}
