import { BitReader } from './bit-reader.js';
import { FormatError } from './format-error.js';

const aacSampleRates: readonly number[] = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];

/** The beginning of AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1). With announced SBR the rate is the one after it. Throws `FormatError`. */
export function parseAudioSpecificConfig(config: Uint8Array): { channels: number; sampleRate: number } {
  const bits = new BitReader(config);
  const objectType = readObjectType(bits);
  const coreRate = readSampleRate(bits);
  const configuration = bits.u(4);
  const withSbr = objectType === 5 || objectType === 29;
  return { channels: configuration === 7 ? 8 : configuration, sampleRate: withSbr ? readSampleRate(bits) : coreRate };
}

function readObjectType(bits: BitReader): number {
  const type = bits.u(5);
  return type === 31 ? 32 + bits.u(6) : type;
}

function readSampleRate(bits: BitReader): number {
  const index = bits.u(4);
  const rate = index === 15 ? bits.u(24) : aacSampleRates[index];
  if (rate === undefined) {
    throw new FormatError(`AAC sampling frequency index ${index}`);
  }
  return rate;
}

/**
 * AudioSpecificConfig of mono AAC-ELD without SBR: object type 39, and an ELDSpecificConfig (ISO/IEC 14496-3 4.6.20) that says only
 * how many samples a frame has. No error protection.
 */
export function aacEldConfig(sampleRate: 16_000 | 24_000, frameLength: 480 | 512): Uint8Array {
  return Uint8Array.of(...eldBeginning(sampleRate), frameLength === 480 ? 0x30 : 0x20, 0);
}

/**
 * As `aacEldConfig`, with SBR at the same rate (16 kHz) and frames of 480 samples: what HomeKit's live sound is, though nobody sends its
 * configuration. The bits after the frame length are the header of libfdk_aac's own SBR at 24 kbit/s.
 */
export function aacEldSbrConfig(): Uint8Array {
  return Uint8Array.of(...eldBeginning(16_000), 0x31, 0x2c, 0, 0xbc, 0);
}

/** Escape (31) and 39 - 32 in 5 and 6 bits, the rate's index in 4, and the first bit of the channel configuration, 0. */
function eldBeginning(sampleRate: number): readonly [number, number] {
  return [0xf8, 0xe0 | (aacSampleRates.indexOf(sampleRate) << 1)];
}
