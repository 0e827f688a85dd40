import { expect, test } from '@jest/globals';
import type { AudioFormat } from '../../../src/media/audio-packet.js';
import { soundDurationMs } from '../../../src/media/sound-duration.js';

const format = (codec: string, sampleRate: number, channels: number, ...config: number[]): AudioFormat => ({ codec, sampleRate, channels, config: Uint8Array.from(config), sampleEntry: new Uint8Array() });
const opus = format('opus', 48_000, 2);
const lc16k = format('aac', 16_000, 1, 0x14, 0x08);

test.each<[string, AudioFormat, Uint8Array, number | undefined]>([
  ['G.711', format('pcm_alaw', 8_000, 1), new Uint8Array(160), 20],
  ['G.711 in stereo', format('pcm_mulaw', 16_000, 2), new Uint8Array(640), 20],
  ['PCM of 16 bits', format('twos', 16_000, 1), new Uint8Array(640), 20],
  ['AAC-LC', lc16k, new Uint8Array(9), 64],
  ['AAC-LC with frames of 960 samples', format('aac', 16_000, 1, 0x14, 0x0c), new Uint8Array(9), 60],
  // Object type 5, 24 kHz, mono, SBR to 48 kHz, object type 2.
  ['AAC with announced SBR', format('aac', 48_000, 1, 0x2b, 0x09, 0x88, 0x00), new Uint8Array(9), 1024 / 24],
  ['AAC-ELD', format('aac', 16_000, 1, 0xf8, 0xf0, 0x20, 0), new Uint8Array(9), undefined],
  ['Opus, one frame of 20 ms', opus, Uint8Array.of(0x78, 1), 20],
  ['Opus, two frames of 20 ms', opus, Uint8Array.of(0x79, 1), 40],
  ['Opus, three frames of 10 ms', opus, Uint8Array.of(0x03, 0x03, 1), 30],
  ['Opus, any number of frames, and none', opus, Uint8Array.of(0x03, 0x00), undefined],
  ['an empty packet of Opus', opus, new Uint8Array(), undefined],
  ['a codec that is not known here', format('GSM ', 8_000, 1), new Uint8Array(33), undefined],
])('how long a packet lasts: %s', (_what, of, data, expected) => {
  const durationMs = soundDurationMs(of, data);
  if (expected === undefined) {
    expect(durationMs).toBeUndefined();
  } else {
    expect(durationMs).toBeCloseTo(expected);
  }
});
