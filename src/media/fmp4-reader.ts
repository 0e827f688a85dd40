import { Buffer } from 'node:buffer';
import { ByteReader } from './byte-reader.js';
import { fourcc, fourccText, isBoxType } from './fmp4-boxes.js';
import { FragmentParser, type FragmentSample } from './fmp4-fragment.js';
import { type Fmp4Track, parseMovie } from './fmp4-tracks.js';
import { FormatError } from './format-error.js';
import { withFourByteLengths } from './nal.js';

export type { Fmp4AudioTrack, Fmp4Track, Fmp4VideoTrack } from './fmp4-tracks.js';

/** One encoded picture or one packet of sound. Times in ticks of its track's timescale. */
export interface Fmp4Sample {
  readonly trackId: number;
  readonly decodeTime: number;
  /** What to add to `decodeTime` (and then the track's `presentationOffset`) to get the time of presentation. May be negative. */
  readonly compositionOffset: number;
  /** FFmpeg's guess for the newest sample: it does not know the next one yet. */
  readonly duration: number;
  /** Whether the container calls it a sync sample. The pictures themselves know better: `isKeyframe`. */
  readonly sync: boolean;
  /**
   * H.264 and HEVC: NAL units with lengths of four bytes, whatever the file has. The reader lets go of it. Where the fragment has one
   * sample, as FFmpeg's have with `frag_every_frame`, its memory holds exactly these bytes.
   */
  readonly data: Uint8Array;
}

export interface Fmp4ReaderCallbacks {
  /** Called once the moov box is complete, before any sample. Video and audio tracks only. */
  readonly onTracks: (tracks: readonly Fmp4Track[]) => void;
  /** Called in the order of the fragments' runs, when the fragment's mdat box is complete. */
  readonly onSample: (sample: Fmp4Sample) => void;
}

/** A moov of FFmpeg takes 1 KiB, a moof 100 bytes. */
const maxMetadataBytes = 1 << 20;

/** A keyframe of an 8K camera takes about 4 MiB. */
const maxMediaBytes = 32 << 20;

const moov = fourcc('moov');
const moof = fourcc('moof');
const mdat = fourcc('mdat');

/** FFmpeg ends with an mfra that grows with every fragment. A large box of any other type is a sign of damage, and would swallow the stream. */
const mayBeLarge: ReadonlySet<number> = new Set([fourcc('mfra'), fourcc('free'), fourcc('skip')]);

type State =
  | { readonly in: 'header' }
  | { readonly in: 'skipped'; left: number }
  | { readonly in: 'metadata'; readonly type: number; readonly position: number; readonly bytes: Buffer; filled: number }
  | { readonly in: 'media'; readonly position: number; readonly bytes: Buffer; filled: number }
  | { readonly in: 'failed'; readonly error: unknown };

const inHeader: State = { in: 'header' };

/**
 * Reads fragmented MP4 or MOV (ISO/IEC 14496-12 8.8) as it comes out of a pipe, in chunks of any size. Each sample's bytes are copied
 * once, from the chunk to where they stay. After damage, `push` throws the same `FormatError` for ever.
 */
export class Fmp4Reader {
  readonly #callbacks: Fmp4ReaderCallbacks;
  readonly #header = Buffer.alloc(16);
  #headerFilled = 0;
  #state: State = inHeader;
  /** Of the byte that comes next, counted from the stream's first. */
  #position = 0;
  #fragments: FragmentParser | undefined;
  /** Of the video and audio tracks: bytes of the NAL lengths in their samples, 4 also where there are no NAL units. */
  #nalLengthBytes: ReadonlyMap<number, number> = new Map();
  /** Announced by the last moof, to come in the next mdat. */
  #awaited: readonly FragmentSample[] = [];

  constructor(callbacks: Fmp4ReaderCallbacks) {
    this.#callbacks = callbacks;
  }

  /** Takes what was read from the pipe; the chunk may be used again afterwards. Throws `FormatError`, and what a callback throws. */
  push(chunk: Uint8Array): void {
    if (this.#state.in === 'failed') {
      throw this.#state.error;
    }
    try {
      for (let at = 0; at < chunk.length;) {
        at += this.#take(chunk, at);
      }
    } catch (error) {
      this.#state = { in: 'failed', error };
      this.#awaited = [];
      throw error;
    }
  }

  /** Gives how many bytes it took. */
  #take(chunk: Uint8Array, at: number): number {
    const state = this.#state;
    const available = chunk.length - at;
    let taken = 0;
    switch (state.in) {
      case 'header':
        return this.#takeHeader(chunk, at);
      case 'skipped':
        taken = Math.min(state.left, available);
        state.left -= taken;
        this.#position += taken;
        if (state.left === 0) {
          this.#state = inHeader;
        }
        break;
      case 'metadata':
      case 'media':
        taken = Math.min(state.bytes.length - state.filled, available);
        state.bytes.set(chunk.subarray(at, at + taken), state.filled);
        state.filled += taken;
        this.#position += taken;
        if (state.filled === state.bytes.length) {
          this.#state = inHeader;
          if (state.in === 'media') {
            this.#finishMedia(state.bytes, state.position);
          } else {
            this.#finishMetadata(state.type, state.bytes, state.position);
          }
        }
        break;
      case 'failed':
        throw state.error;
    }
    return taken;
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const header = this.#header;
    // A size of 1 says that eight bytes of size follow (4.2.2).
    const wanted = this.#headerFilled >= 8 && header.readUInt32BE(0) === 1 ? 16 : 8;
    const taken = Math.min(wanted - this.#headerFilled, chunk.length - at);
    for (let index = 0; index < taken; index++) {
      header[this.#headerFilled + index] = chunk[at + index] ?? 0;
    }
    this.#headerFilled += taken;
    this.#position += taken;
    if (this.#headerFilled === wanted && (wanted === 16 || header.readUInt32BE(0) !== 1)) {
      this.#headerFilled = 0;
      this.#enterBox(wanted);
    }
    return taken;
  }

  #enterBox(headerBytes: number): void {
    const type = this.#header.readUInt32BE(4);
    const size = headerBytes === 16 ? new ByteReader(this.#header, 8).u64() : this.#header.readUInt32BE(0);
    const position = this.#position - headerBytes;
    const length = size - headerBytes;
    if (!isBoxType(type)) {
      throw new FormatError(`no box where one should begin, at byte ${position}`);
    }
    // Size 0 would mean "to the end of the file": a live stream has none.
    if (length < 0) {
      throw new FormatError(`box ${fourccText(type)} of ${size} bytes at byte ${position}`);
    }
    if (type === mdat) {
      this.#enterMedia(length);
    } else if (type === moov || type === moof) {
      if (length > maxMetadataBytes) {
        throw new FormatError(`box ${fourccText(type)} of ${size} bytes at byte ${position}`);
      }
      if (length === 0) {
        throw new FormatError(`empty box ${fourccText(type)} at byte ${position}`);
      }
      this.#state = { in: 'metadata', type, position, bytes: Buffer.allocUnsafe(length), filled: 0 };
    } else if (length > maxMediaBytes && !mayBeLarge.has(type)) {
      throw new FormatError(`box ${fourccText(type)} of ${size} bytes at byte ${position}`);
    } else {
      this.#state = length > 0 ? { in: 'skipped', left: length } : inHeader;
    }
  }

  /** Memory is taken only where the fragment's samples lie in this box, as they must. */
  #enterMedia(length: number): void {
    const start = this.#position;
    if (length > maxMediaBytes) {
      throw new FormatError(`mdat box of ${length} bytes at byte ${start}`);
    }
    if (this.#fragments === undefined) {
      throw new FormatError('mdat before moov: not a fragmented file');
    }
    for (const { position, size } of this.#awaited) {
      if (position < start || position + size > start + length) {
        throw new FormatError(`sample at byte ${position} lies outside of its mdat box`);
      }
    }
    if (this.#awaited.length === 0) {
      this.#state = length > 0 ? { in: 'skipped', left: length } : inHeader;
    } else if (length === 0) {
      this.#finishMedia(Buffer.alloc(0), start);
    } else {
      // Not from Node's pool: who keeps the sample keeps these bytes and no others.
      this.#state = { in: 'media', position: start, bytes: Buffer.allocUnsafeSlow(length), filled: 0 };
    }
  }

  #finishMedia(bytes: Buffer, start: number): void {
    const samples = this.#awaited;
    this.#awaited = [];
    for (const { trackId, decodeTime, compositionOffset, duration, sync, position, size } of samples) {
      const nalLengthBytes = this.#nalLengthBytes.get(trackId);
      if (nalLengthBytes !== undefined) {
        const stored = size === bytes.length ? bytes : bytes.subarray(position - start, position - start + size);
        this.#callbacks.onSample({ trackId, decodeTime, compositionOffset, duration, sync, data: withFourByteLengths(stored, nalLengthBytes) });
      }
    }
  }

  #finishMetadata(type: number, bytes: Buffer, position: number): void {
    if (type === moov) {
      const movie = parseMovie(bytes, new ByteReader(bytes));
      this.#fragments = new FragmentParser(movie.defaults);
      this.#nalLengthBytes = new Map(movie.tracks.map((track) => [track.id, nalLengthBytesOf(track)]));
      this.#callbacks.onTracks(movie.tracks);
      return;
    }
    if (this.#fragments === undefined) {
      throw new FormatError('moof before moov');
    }
    if (this.#awaited.length > 0) {
      throw new FormatError('moof where the last fragment had no mdat yet');
    }
    this.#awaited = this.#fragments.parse(bytes, new ByteReader(bytes), position);
  }
}

/** lengthSizeMinusOne of avcC and hvcC (ISO/IEC 14496-15 5.3.3.1, 8.3.3.1). */
function nalLengthBytesOf({ codec, config }: Fmp4Track): number {
  const sizes: Readonly<Record<string, number | undefined>> = { h264: config[4], hevc: config[21] };
  const minusOne = sizes[codec];
  return minusOne === undefined ? 4 : (minusOne & 3) + 1;
}
