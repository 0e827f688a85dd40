import type { ByteReader } from './byte-reader.js';
import { forEachBox, fourcc, fourccText } from './fmp4-boxes.js';
import { readAudioEntry, readVideoEntry, type SampleEntry } from './fmp4-sample-entries.js';
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
  /** The first entry of stsd as it stands there, box header included: with it `writeInit` passes on sound of any codec. A copy, for keeps. */
  readonly sampleEntry: Uint8Array;
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
} as const;

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
  const { box, codec, config, width, height, channels, sampleRate } = entry;
  const common = { id, timescale, codec, config, presentationOffset: presentationOffset(edits, timescale / movieTimescale) };
  return handler === 'vide'
    ? { ...common, kind: 'video', width, height }
    : { ...common, kind: 'audio', channels, sampleRate: sampleRate > 0 ? sampleRate : timescale, sampleEntry: box };
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
