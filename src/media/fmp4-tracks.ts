import { BitReader } from './bit-reader.js';
import type { ByteReader } from './byte-reader.js';
import { forEachBox, fourcc, fourccText } from './fmp4-boxes.js';
import { FormatError } from './format-error.js';

interface Fmp4TrackCommon {
  readonly id: number;
  /** Ticks per second of this track's times. */
  readonly timescale: number;
  /** 'h264', 'hevc', 'aac', 'mp3', 'pcm_mulaw', 'pcm_alaw', 'opus'; the sample entry's four letters where it is none of these. */
  readonly codec: string;
  /** Content of avcC, hvcC or dOps, or the AudioSpecificConfig out of esds. Empty where the codec has none. A copy, for keeps. */
  readonly config: Uint8Array;
  /**
   * In ticks, may be negative: `decodeTime + compositionOffset + presentationOffset` is when the sample is shown or heard on the clock
   * that all tracks of the movie share (ISO/IEC 14496-12 8.6.6: the edit list), and that FFmpeg's outputs of one run share.
   */
  readonly presentationOffset: number;
}

export interface Fmp4VideoTrack extends Fmp4TrackCommon {
  readonly kind: 'video';
  /** Of the sample entry, in pixels. What the parameter sets say is truer. */
  readonly width: number;
  readonly height: number;
}

export interface Fmp4AudioTrack extends Fmp4TrackCommon {
  readonly kind: 'audio';
  readonly channels: number;
  /** In Hz, as decoded. */
  readonly sampleRate: number;
}

export type Fmp4Track = Fmp4VideoTrack | Fmp4AudioTrack;

/** What a fragment's samples have where it says nothing else (trex, ISO/IEC 14496-12 8.8.3). */
export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

export interface Movie {
  /** Video and audio only. */
  readonly tracks: readonly Fmp4Track[];
  /** By track id, of all tracks. */
  readonly defaults: ReadonlyMap<number, SampleDefaults>;
}

const boxType = {
  mvhd: fourcc('mvhd'),
  trak: fourcc('trak'),
  tkhd: fourcc('tkhd'),
  edts: fourcc('edts'),
  elst: fourcc('elst'),
  mdia: fourcc('mdia'),
  mdhd: fourcc('mdhd'),
  hdlr: fourcc('hdlr'),
  minf: fourcc('minf'),
  stbl: fourcc('stbl'),
  stsd: fourcc('stsd'),
  mvex: fourcc('mvex'),
  trex: fourcc('trex'),
  avcC: fourcc('avcC'),
  hvcC: fourcc('hvcC'),
  dOps: fourcc('dOps'),
  esds: fourcc('esds'),
  wave: fourcc('wave'),
} as const;

const codecs: Readonly<Record<string, string>> = {
  avc1: 'h264',
  avc3: 'h264',
  hvc1: 'hevc',
  hev1: 'hevc',
  mp4a: 'aac',
  ulaw: 'pcm_mulaw',
  alaw: 'pcm_alaw',
  Opus: 'opus',
};

/** objectTypeIndication in esds of MPEG-1 and MPEG-2 audio (mp4ra.org). */
const mp3ObjectTypes: readonly number[] = [0x69, 0x6b];

/** A normal edit's media_time is where its media starts; -1 stands for an empty edit. */
interface Edit {
  readonly duration: number;
  readonly mediaTime: number;
}

/** What is collected of one trak box, in whatever order its boxes come. */
interface TrackParts {
  id: number;
  timescale: number;
  handler: string;
  edits: readonly Edit[];
  entry: SampleEntry | undefined;
}

interface SampleEntry {
  readonly codec: string;
  readonly config: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly sampleRate: number;
}

/** Reads the content of a moov box. Throws `FormatError`. */
export function parseMovie(bytes: Uint8Array, content: ByteReader): Movie {
  let movieTimescale = 0;
  const parts: TrackParts[] = [];
  const defaults = new Map<number, SampleDefaults>();
  forEachBox(content, bytes, (type, box) => {
    if (type === boxType.mvhd) {
      movieTimescale = readTimescale(box);
    } else if (type === boxType.trak) {
      parts.push(readTrack(bytes, box));
    } else if (type === boxType.mvex) {
      forEachBox(box, bytes, (child, trex) => {
        if (child === boxType.trex) {
          trex.skip(4);
          const id = trex.u32();
          trex.skip(4); // default_sample_description_index
          defaults.set(id, { duration: trex.u32(), size: trex.u32(), flags: trex.u32() });
        }
      });
    }
  });
  for (const { id } of parts) {
    if (!defaults.has(id)) {
      defaults.set(id, { duration: 0, size: 0, flags: 0 });
    }
  }
  return { tracks: parts.flatMap((part) => toTrack(part, movieTimescale) ?? []), defaults };
}

function toTrack({ id, timescale, handler, edits, entry }: TrackParts, movieTimescale: number): Fmp4Track | undefined {
  if (entry === undefined || (handler !== 'vide' && handler !== 'soun')) {
    return undefined;
  }
  if (timescale === 0 || movieTimescale === 0) {
    throw new FormatError(`track ${id} without timescale`);
  }
  const { codec, config, width, height, channels, sampleRate } = entry;
  const common = { id, timescale, codec, config, presentationOffset: presentationOffset(edits, timescale / movieTimescale) };
  return handler === 'vide' ? { ...common, kind: 'video', width, height } : { ...common, kind: 'audio', channels, sampleRate: sampleRate > 0 ? sampleRate : timescale };
}

/** Leading empty edits delay the media, the first normal edit says which of its times comes then. Later edits never occur live. */
function presentationOffset(edits: readonly Edit[], ticksPerMovieTick: number): number {
  let delay = 0;
  for (const { duration, mediaTime } of edits) {
    if (mediaTime >= 0) {
      return Math.round(delay) - mediaTime;
    }
    delay += duration * ticksPerMovieTick;
  }
  return Math.round(delay);
}

function readTrack(bytes: Uint8Array, content: ByteReader): TrackParts {
  const parts: TrackParts = { id: 0, timescale: 0, handler: '', edits: [], entry: undefined };
  forEachBox(content, bytes, (type, box) => {
    if (type === boxType.tkhd) {
      box.skip(box.u8() === 1 ? 19 : 11); // flags, creation_time, modification_time
      parts.id = box.u32();
    } else if (type === boxType.edts) {
      forEachBox(box, bytes, (child, elst) => {
        if (child === boxType.elst) {
          parts.edits = readEdits(elst);
        }
      });
    } else if (type === boxType.mdia) {
      readMedia(bytes, box, parts);
    }
  });
  return parts;
}

/** mvhd and mdhd begin alike (ISO/IEC 14496-12 8.2.2, 8.4.2). */
function readTimescale(box: ByteReader): number {
  box.skip(box.u8() === 1 ? 19 : 11);
  return box.u32();
}

function readEdits(elst: ByteReader): Edit[] {
  const wide = elst.u8() === 1;
  elst.skip(3);
  const edits: Edit[] = [];
  for (let left = elst.u32(); left > 0; left--) {
    edits.push(wide ? { duration: elst.u64(), mediaTime: elst.i64() } : { duration: elst.u32(), mediaTime: elst.i32() });
    elst.skip(4); // media_rate
  }
  return edits;
}

function readMedia(bytes: Uint8Array, mdia: ByteReader, parts: TrackParts): void {
  const descriptions: ByteReader[] = [];
  forEachBox(mdia, bytes, (type, box) => {
    if (type === boxType.mdhd) {
      parts.timescale = readTimescale(box);
    } else if (type === boxType.hdlr) {
      box.skip(8);
      parts.handler = fourccText(box.u32());
    } else if (type === boxType.minf) {
      forEachBox(box, bytes, (inMinf, stbl) => {
        if (inMinf === boxType.stbl) {
          forEachBox(stbl, bytes, (inStbl, stsd) => {
            if (inStbl === boxType.stsd) {
              descriptions.push(stsd);
            }
          });
        }
      });
    }
  });
  // hdlr may come after minf, and says how to read the sample entry.
  const [stsd] = descriptions;
  if (stsd === undefined || (parts.handler !== 'vide' && parts.handler !== 'soun')) {
    return;
  }
  const stsdVersion = stsd.u8();
  stsd.skip(7);
  forEachBox(stsd, bytes, (type, entry) => {
    parts.entry ??= parts.handler === 'vide' ? readVideoEntry(bytes, type, entry) : readAudioEntry(bytes, type, entry, stsdVersion);
  });
}

/** VisualSampleEntry (ISO/IEC 14496-12 12.1.3). */
function readVideoEntry(bytes: Uint8Array, type: number, entry: ByteReader): SampleEntry {
  entry.skip(24);
  const width = entry.u16();
  const height = entry.u16();
  entry.skip(50);
  let config = new Uint8Array();
  forEachBox(entry, bytes, (child, box) => {
    if (child === boxType.avcC || child === boxType.hvcC) {
      config = new Uint8Array(box.bytes(box.left));
    }
  });
  return { codec: codecOf(type), config, width, height, channels: 0, sampleRate: 0 };
}

/** AudioSampleEntry (ISO/IEC 14496-12 12.2.3), or QuickTime's sound description in its versions 0 to 2. */
function readAudioEntry(bytes: Uint8Array, type: number, entry: ByteReader, stsdVersion: number): SampleEntry {
  entry.skip(8);
  const version = entry.u16();
  entry.skip(6);
  let channels = entry.u16();
  entry.skip(6);
  let sampleRate = entry.u16();
  entry.skip(2);
  if (stsdVersion === 0 && version === 1) {
    entry.skip(16);
  } else if (stsdVersion === 0 && version === 2) {
    entry.skip(4);
    const rate = entry.bytes(8);
    sampleRate = Math.round(new DataView(rate.buffer, rate.byteOffset, 8).getFloat64(0));
    channels = entry.u32();
    entry.skip(20);
  }
  const found: SampleEntry = { codec: codecOf(type), config: new Uint8Array(), width: 0, height: 0, channels, sampleRate };
  return withAudioConfig(bytes, entry, found);
}

function withAudioConfig(bytes: Uint8Array, boxes: ByteReader, entry: SampleEntry): SampleEntry {
  let result = entry;
  forEachBox(boxes, bytes, (type, box) => {
    if (type === boxType.wave) {
      result = withAudioConfig(bytes, box, result);
    } else if (type === boxType.dOps) {
      const config = new Uint8Array(box.bytes(box.left));
      result = { ...result, config, channels: config[1] ?? result.channels, sampleRate: 48_000 };
    } else if (type === boxType.esds) {
      result = withEsds(box, result);
    }
  });
  return result;
}

/** esds: descriptors within descriptors (ISO/IEC 14496-1 7.2.6). FFmpeg gives every AAC track two channels in the entry: the config has the truth. */
function withEsds(esds: ByteReader, entry: SampleEntry): SampleEntry {
  esds.skip(4);
  let result = entry;
  while (esds.left > 0) {
    const tag = esds.u8();
    const length = readDescriptorLength(esds);
    if (tag === 3) {
      esds.skip(2); // ES_ID
      const flags = esds.u8();
      esds.skip((flags & 0x80) === 0 ? 0 : 2);
      esds.skip((flags & 0x40) === 0 ? 0 : esds.u8());
      esds.skip((flags & 0x20) === 0 ? 0 : 2);
    } else if (tag === 4) {
      const codec = mp3ObjectTypes.includes(esds.u8()) ? 'mp3' : result.codec;
      esds.skip(12);
      result = { ...result, codec };
    } else if (tag === 5) {
      const config = new Uint8Array(esds.bytes(length));
      result = { ...result, config, ...(result.codec === 'aac' ? parseAudioSpecificConfig(config) : {}) };
    } else {
      esds.skip(length);
    }
  }
  return result;
}

function readDescriptorLength(reader: ByteReader): number {
  let length = 0;
  for (let more = true, bytes = 0; more && bytes < 4; bytes++) {
    const byte = reader.u8();
    length = length * 128 + (byte & 0x7f);
    more = byte >= 0x80;
  }
  return length;
}

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

function codecOf(type: number): string {
  const letters = fourccText(type);
  return codecs[letters] ?? letters;
}
