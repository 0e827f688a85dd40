import type { ByteReader } from './byte-reader.js';
import { forEachBox, fourcc } from './fmp4-boxes.js';
import type { SampleDefaults } from './fmp4-tracks.js';
import { FormatError } from './format-error.js';

/** One sample as its fragment's header tells it. Times in the track's ticks. */
export interface FragmentSample {
  readonly trackId: number;
  readonly decodeTime: number;
  readonly compositionOffset: number;
  readonly duration: number;
  readonly sync: boolean;
  /** Counted from the stream's first byte. */
  readonly position: number;
  readonly size: number;
}

const boxType = { traf: fourcc('traf'), tfhd: fourcc('tfhd'), tfdt: fourcc('tfdt'), trun: fourcc('trun') } as const;

/** tf_flags of tfhd (ISO/IEC 14496-12 8.8.7). */
const tfhdFlag = { baseDataOffset: 0x1, descriptionIndex: 0x2, duration: 0x8, size: 0x10, flags: 0x20, baseIsMoof: 0x20000 } as const;

/** tr_flags of trun (8.8.8). */
const trunFlag = { dataOffset: 0x1, firstFlags: 0x4, duration: 0x100, size: 0x200, flags: 0x400, compositionOffset: 0x800 } as const;

const nonSyncFlag = 0x10000;

/** A trun of nothing but defaults tells any number of samples in 16 bytes. FFmpeg writes one a fragment, other muxers some hundred. */
const maxSamples = 100_000;

/** What the samples of one traf share, and where the next one is. */
interface Cursor {
  trackId: number;
  defaults: SampleDefaults;
  base: number;
  position: number;
  decodeTime: number;
}

/**
 * Reads moof boxes. Keeps from one to the next only where each track's time stands, for fragments that leave tfdt out.
 */
export class FragmentParser {
  readonly #defaults: ReadonlyMap<number, SampleDefaults>;
  readonly #decodeTimes = new Map<number, number>();

  constructor(defaults: ReadonlyMap<number, SampleDefaults>) {
    this.#defaults = defaults;
  }

  /** The samples of a moof box that stands at `moofPosition` of the stream, in the order of its runs. Throws `FormatError`. */
  parse(bytes: Uint8Array, content: ByteReader, moofPosition: number): FragmentSample[] {
    const samples: FragmentSample[] = [];
    let dataEnd = moofPosition;
    forEachBox(content, bytes, (type, traf) => {
      if (type === boxType.traf) {
        dataEnd = this.#parseTrack(bytes, traf, moofPosition, dataEnd, samples);
      }
    });
    return samples;
  }

  /** Gives where this track's data ends: without flags in tfhd the next track's begins there. */
  #parseTrack(bytes: Uint8Array, traf: ByteReader, moofPosition: number, previousEnd: number, samples: FragmentSample[]): number {
    let cursor: Cursor | undefined;
    forEachBox(traf, bytes, (type, box) => {
      if (type === boxType.tfhd) {
        cursor = this.#parseHeader(box, moofPosition, previousEnd);
      } else if (type === boxType.tfdt && cursor) {
        const wide = box.u8() === 1;
        box.skip(3);
        cursor.decodeTime = wide ? box.u64() : box.u32();
      } else if (type === boxType.trun && cursor) {
        parseRun(box, cursor, samples);
      } else if (type === boxType.trun) {
        throw new FormatError('trun before tfhd');
      }
    });
    if (cursor === undefined) {
      throw new FormatError('traf without tfhd');
    }
    this.#decodeTimes.set(cursor.trackId, cursor.decodeTime);
    return cursor.position;
  }

  #parseHeader(tfhd: ByteReader, moofPosition: number, previousEnd: number): Cursor {
    const flags = tfhd.u32() & 0xffffff;
    const trackId = tfhd.u32();
    const defaults = this.#defaults.get(trackId);
    if (defaults === undefined) {
      throw new FormatError(`fragment of an unknown track ${trackId}`);
    }
    const baseDataOffset = (flags & tfhdFlag.baseDataOffset) === 0 ? undefined : tfhd.u64();
    tfhd.skip((flags & tfhdFlag.descriptionIndex) === 0 ? 0 : 4);
    const base = baseDataOffset ?? ((flags & tfhdFlag.baseIsMoof) === 0 ? previousEnd : moofPosition);
    return {
      trackId,
      defaults: {
        duration: (flags & tfhdFlag.duration) === 0 ? defaults.duration : tfhd.u32(),
        size: (flags & tfhdFlag.size) === 0 ? defaults.size : tfhd.u32(),
        flags: (flags & tfhdFlag.flags) === 0 ? defaults.flags : tfhd.u32(),
      },
      base,
      position: base,
      decodeTime: this.#decodeTimes.get(trackId) ?? 0,
    };
  }
}

function parseRun(trun: ByteReader, cursor: Cursor, samples: FragmentSample[]): void {
  const versionAndFlags = trun.u32();
  const signedOffsets = versionAndFlags >>> 24 !== 0;
  const count = trun.u32();
  if (samples.length + count > maxSamples) {
    throw new FormatError(`fragment of ${samples.length + count} samples`);
  }
  if ((versionAndFlags & trunFlag.dataOffset) !== 0) {
    cursor.position = cursor.base + trun.i32();
  }
  let firstFlags = (versionAndFlags & trunFlag.firstFlags) === 0 ? undefined : trun.u32();
  for (let index = 0; index < count; index++) {
    const duration = (versionAndFlags & trunFlag.duration) === 0 ? cursor.defaults.duration : trun.u32();
    const size = (versionAndFlags & trunFlag.size) === 0 ? cursor.defaults.size : trun.u32();
    const flags = (versionAndFlags & trunFlag.flags) === 0 ? (firstFlags ?? cursor.defaults.flags) : trun.u32();
    firstFlags = undefined;
    const compositionOffset = (versionAndFlags & trunFlag.compositionOffset) === 0 ? 0 : signedOffsets ? trun.i32() : trun.u32();
    samples.push({ trackId: cursor.trackId, decodeTime: cursor.decodeTime, compositionOffset, duration, sync: (flags & nonSyncFlag) === 0, position: cursor.position, size });
    cursor.decodeTime += duration;
    cursor.position += size;
  }
}
