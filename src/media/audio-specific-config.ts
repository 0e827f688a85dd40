import { BitReader } from './bit-reader.js';
import { FormatError } from './format-error.js';

const aacSampleRates: readonly number[] = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];

/** Object types that announce SBR: half of the samples are coded. */
const withAnnouncedSbr: ReadonlySet<number> = new Set([5, 29]);

/** The beginning of AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1). With announced SBR the rate is the one after it. Throws `FormatError`. */
export function parseAudioSpecificConfig(config: Uint8Array): { channels: number; sampleRate: number } {
  const bits = new BitReader(config);
  const objectType = readObjectType(bits);
  const coreRate = readSampleRate(bits);
  const configuration = bits.u(4);
  return { channels: configuration === 7 ? 8 : configuration, sampleRate: withAnnouncedSbr.has(objectType) ? readSampleRate(bits) : coreRate };
}

/** Object types with a GASpecificConfig and frames of 1024 samples, or of 960 where it says so: AAC Main, LC, SSR and LTP. */
const generalAudio: ReadonlySet<number> = new Set([1, 2, 3, 4]);

/**
 * Samples of a frame, at the rate that `parseAudioSpecificConfig` gives (ISO/IEC 14496-3 4.4.1); undefined for object types with other frames.
 * Throws `FormatError`.
 */
export function aacFrameSamples(config: Uint8Array): number | undefined {
  const bits = new BitReader(config);
  const announced = readObjectType(bits);
  const coreRate = readSampleRate(bits);
  bits.u(4);
  const withSbr = withAnnouncedSbr.has(announced);
  const factor = withSbr ? readSampleRate(bits) / coreRate : 1;
  const objectType = withSbr ? readObjectType(bits) : announced;
  return generalAudio.has(objectType) ? factor * (bits.u(1) === 1 ? 960 : 1024) : undefined;
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
