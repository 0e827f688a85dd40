import { Buffer } from 'node:buffer';
import { box, fullBox, u16, u32 } from './fmp4-box-writer.js';

/** AAC of any kind, as a sample entry says it. */
export interface AacSound {
  /** AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1), as `Fmp4AudioTrack.config` has it. */
  readonly config: Uint8Array;
  readonly channels: number;
  /** In Hz. */
  readonly sampleRate: number;
}

/** Opus, as a sample entry says it. Its clock is 48 kHz, whatever was encoded. */
export interface OpusSound {
  readonly channels: 1 | 2;
  /** Of what was encoded, in Hz: decoders only pass it on. */
  readonly inputSampleRate: number;
  /** Samples of 48 kHz that come out first and are to be left out: 0 where the stream is joined in the middle. */
  readonly preSkip: number;
}

/** The clock of Opus (RFC 6716 2), and the timescale that its tracks have. */
const opusClockHz = 48_000;

/** AudioSampleEntry (ISO/IEC 14496-12 12.2.3) with esds (ISO/IEC 14496-14 5.6). */
export function aacSampleEntry({ config, channels, sampleRate }: AacSound): Buffer {
  const specific = descriptor(5, config);
  // objectTypeIndication 0x40: MPEG-4 audio; stream type 5: audio. Buffer size and bit rates unknown.
  const decoder = descriptor(4, Buffer.from([0x40, 0x15, 0, 0, 0]), u32(0, 0), specific);
  const esds = fullBox('esds', 0, 0, descriptor(3, Buffer.from([0, 1, 0]), decoder, descriptor(6, Buffer.from([2]))));
  return audioEntry('mp4a', channels, sampleRate, esds);
}

/** OpusSampleEntry with dOps, channel mapping family 0 (Encapsulation of Opus in ISO Base Media File Format 4.3). */
export function opusSampleEntry({ channels, inputSampleRate, preSkip }: OpusSound): Buffer {
  const [version, outputGain, mappingFamily] = [0, 0, 0];
  const dOps = box('dOps', Buffer.of(version, channels), u16(preSkip), u32(inputSampleRate), u16(outputGain), Buffer.of(mappingFamily));
  return audioEntry('Opus', channels, opusClockHz, dOps);
}

/** 16 bits a sample; a rate that does not fit is left to the codec's own box. */
function audioEntry(type: string, channels: number, sampleRate: number, codecBox: Buffer): Buffer {
  return box(type, u32(0), u16(0, 1), u32(0, 0), u16(channels, 16, 0, 0), u32(sampleRate < 0x10000 ? sampleRate * 0x10000 : 0), codecBox);
}

/** ISO/IEC 14496-1 8.3.3: the length in four bytes of seven bits. */
function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  return Buffer.concat([Buffer.from([tag, 0x80 | (length >> 21), 0x80 | ((length >> 14) & 0x7f), 0x80 | ((length >> 7) & 0x7f), length & 0x7f]), content]);
}
