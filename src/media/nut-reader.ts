import { FormatError } from './format-error.js';
import { NutCursor, type NutPacketName, firstStartCodeByte, nutChecksum, nutFileId, nutFlags, nutLongPacket, nutStartCodes } from './nut-format.js';
import { type NutMainHeader, type NutStreamHeader, readFrameHeader, readMainHeader, readStreamHeader, readSyncpoint } from './nut-headers.js';
import { i420Bytes } from './picture.js';

export interface NutPicture {
  readonly width: number;
  readonly height: number;
  /** Of the whole picture, as I420. */
  readonly bytes: number;
  /** On the NUT's own clock, in milliseconds. */
  readonly timeMs: number;
}

export interface NutHandlers {
  /** Room for a picture, of `bytes` at least; undefined: there is none, the picture is read past and lost. */
  room(picture: NutPicture): Uint8Array | undefined;
  /** The room that was given for it is filled. */
  onPicture(picture: NutPicture): void;
}

type State =
  | { readonly in: 'fileId' }
  | { readonly in: 'headers' }
  | { readonly in: 'picture'; readonly picture: NutPicture; readonly room: Uint8Array; filled: number }
  | { readonly in: 'lost'; left: number }
  | { readonly in: 'failed'; readonly error: unknown };

const inHeaders: State = { in: 'headers' };
/** Of a picture's bytes so many are copied at most, those that come with its header: few, and yet one read for all headers. */
const headerReadBytes = 4096;
/** FFmpeg's packets have some hundred bytes; an index, which would have more, is not written to a pipe. */
const mostPacketBytes = 32 * 1024;
const mostFrameHeaderBytes = 1024;
/** What is lost goes here, in few reads. */
const stagedBytes = 64 * 1024;
const noBytes = new Uint8Array();

/**
 * Reads NUT with one stream of I420 pictures, as FFmpeg writes it (versions 3 and 4). The owner reads from its socket straight
 * into where the picture is to stay: `target()`, then `filled()`. After damage, `filled` throws the same error for ever.
 */
export class NutReader {
  readonly #handlers: NutHandlers;
  /** From `#start` to `#end` lies what is not understood yet. */
  readonly #staged = new Uint8Array(stagedBytes);
  #start = 0;
  #end = 0;
  #state: State = { in: 'fileId' };
  #main: NutMainHeader | undefined;
  #stream: NutStreamHeader | undefined;
  /** Ticks of the stream's time base. */
  #lastPts = 0;

  constructor(handlers: NutHandlers) {
    this.#handlers = handlers;
  }

  /** Where the next bytes are to be put: never empty, also after damage. */
  target(): Uint8Array {
    const state = this.#state;
    switch (state.in) {
      case 'picture':
        return state.room.subarray(state.filled, state.picture.bytes);
      case 'lost':
        return this.#staged.subarray(0, Math.min(state.left, stagedBytes));
      case 'failed':
        return this.#staged;
      default:
        return this.#staged.subarray(this.#end, this.#end + headerReadBytes);
    }
  }

  /** So many bytes were put into the newest target. @throws FormatError, and what a handler throws */
  filled(bytes: number): void {
    if (this.#state.in === 'failed') {
      throw this.#state.error;
    }
    if (bytes > this.target().length) {
      throw new RangeError(`${bytes} bytes in a target of ${this.target().length}`);
    }
    try {
      this.#take(bytes);
    } catch (error) {
      this.#state = { in: 'failed', error };
      throw error;
    }
  }

  /** For bytes that come by themselves: copies them. @throws FormatError, and what a handler throws */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const target = this.target();
      const part = bytes.subarray(at, at + target.length);
      target.set(part);
      this.filled(part.length);
      at += part.length;
    }
  }

  #take(bytes: number): void {
    const state = this.#state;
    if (state.in === 'picture') {
      state.filled += bytes;
      this.#finishFilled(state);
    } else if (state.in === 'lost') {
      state.left -= bytes;
      this.#state = state.left > 0 ? state : inHeaders;
    } else {
      this.#end += bytes;
      while (this.#start < this.#end && this.#takeStaged()) {
        // The next header, as long as there are whole ones.
      }
      this.#staged.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
  }

  /** Takes a header, with what lies there of its picture. False where more is needed, or the picture's rest goes elsewhere. */
  #takeStaged(): boolean {
    if (this.#state.in === 'fileId') {
      return this.#takeFileId();
    }
    const taken = this.#staged[this.#start] === firstStartCodeByte ? this.#takePacket() : this.#takeFrame();
    return taken && this.#state.in === 'headers';
  }

  #takeFileId(): boolean {
    const there = Math.min(nutFileId.length, this.#end - this.#start);
    for (let index = 0; index < there; index++) {
      if (this.#staged[this.#start + index] !== nutFileId[index]) {
        throw new FormatError('no NUT stream');
      }
    }
    if (there < nutFileId.length) {
      return false;
    }
    this.#start += there;
    this.#state = inHeaders;
    return true;
  }

  #takePacket(): boolean {
    const cursor = new NutCursor(this.#staged, this.#start, this.#end);
    const startCode = cursor.u64();
    const length = cursor.v();
    const headerEnd = cursor.position;
    const long = length > nutLongPacket;
    cursor.bytes(long ? 4 : 0);
    if (cursor.short) {
      return false;
    }
    const name = packetNames.get(startCode);
    if (name === undefined || length < 4 || length > mostPacketBytes || (long && nutChecksum(this.#staged, this.#start, headerEnd + 4) !== 0)) {
      throw new FormatError('no packet where one should begin');
    }
    const bodyStart = cursor.position;
    if (cursor.left < length) {
      return false;
    }
    const end = bodyStart + length;
    if (nutChecksum(this.#staged, bodyStart, end) !== 0) {
      throw new FormatError(`a damaged ${name} packet`);
    }
    const body = new NutCursor(this.#staged, bodyStart, end - 4);
    this.#readPacket(name, body);
    if (body.short) {
      throw new FormatError(`a ${name} packet that ends too early`);
    }
    this.#start = end;
    return true;
  }

  /** Headers are repeated further on, for who begins to read there; they are the same. */
  #readPacket(name: NutPacketName, body: NutCursor): void {
    if (name === 'main') {
      this.#main ??= readMainHeader(body);
    } else if (name === 'stream') {
      this.#stream ??= readStreamHeader(body, this.#main ?? missing('main'));
    } else if (name === 'syncpoint') {
      this.#lastPts = readSyncpoint(body, this.#main ?? missing('main'), this.#stream ?? missing('stream'));
    }
  }

  #takeFrame(): boolean {
    const main = this.#main ?? missing('main');
    const stream = this.#stream ?? missing('stream');
    const cursor = new NutCursor(this.#staged, this.#start, this.#end);
    const { flags, codedPts, ptsDelta, streamId, size, headerIndex } = readFrameHeader(cursor, main);
    const checksum = flags & nutFlags.checksum ? 4 : 0;
    cursor.bytes(checksum);
    if (cursor.short) {
      if (this.#end - this.#start > mostFrameHeaderBytes) {
        throw new FormatError('a frame header without end');
      }
      return false;
    }
    if (streamId !== 0 || flags & nutFlags.sideData || (checksum > 0 && nutChecksum(this.#staged, this.#start, cursor.position) !== 0)) {
      throw new FormatError('a damaged frame header');
    }
    const pts = codedPts === undefined ? this.#lastPts + ptsDelta : this.#fullPts(codedPts, stream.msbPtsShift);
    if (pts < 0 || !Number.isSafeInteger(pts)) {
      throw new FormatError('a picture without a time');
    }
    this.#lastPts = pts;
    this.#start = cursor.position;
    if (size === 0 && flags & nutFlags.endOfRelevance) {
      return true;
    }
    const { width, height, timeBase } = stream;
    const bytes = i420Bytes(width, height);
    if (size !== bytes) {
      throw new FormatError(`a picture of ${size} bytes, where ${width}x${height} has ${bytes}`);
    }
    const timeMs = (pts * 1_000 * timeBase.numerator) / timeBase.denominator;
    this.#enterPicture({ width, height, bytes, timeMs }, elided(main, headerIndex, size));
    return true;
  }

  /** Small times are the lowest bits of a time near the last one. */
  #fullPts(coded: number, shift: number): number {
    const span = 2 ** shift;
    if (coded >= span) {
      return coded - span;
    }
    const from = this.#lastPts - Math.floor((span - 1) / 2);
    return from + ((((coded - from) % span) + span) % span);
  }

  #enterPicture(picture: NutPicture, beginning: Uint8Array): void {
    const there = this.#staged.subarray(this.#start, Math.min(this.#end, this.#start + picture.bytes - beginning.length));
    this.#start += there.length;
    const room = this.#handlers.room(picture);
    const filled = beginning.length + there.length;
    if (!room) {
      this.#state = filled < picture.bytes ? { in: 'lost', left: picture.bytes - filled } : inHeaders;
      return;
    }
    if (room.length < picture.bytes) {
      throw new RangeError(`room of ${room.length} bytes for a picture of ${picture.bytes}`);
    }
    room.set(beginning);
    room.set(there, beginning.length);
    const state = { in: 'picture', picture, room, filled } as const;
    this.#state = state;
    this.#finishFilled(state);
  }

  #finishFilled({ picture, filled }: { readonly picture: NutPicture; readonly filled: number }): void {
    if (filled === picture.bytes) {
      this.#state = inHeaders;
      this.#handlers.onPicture(picture);
    }
  }
}

const packetNames: ReadonlyMap<bigint, NutPacketName> = new Map(Object.entries(nutStartCodes).map(([name, code]) => [code, name as NutPacketName]));

/** Frames of more than 4096 bytes leave nothing out. */
function elided({ elisionHeaders }: NutMainHeader, index: number, size: number): Uint8Array {
  const header = size > 4096 ? noBytes : elisionHeaders[index];
  if (header === undefined || header.length > size) {
    throw new FormatError('an elision header that is not there');
  }
  return header;
}

function missing(name: NutPacketName): never {
  throw new FormatError(`no ${name} header`);
}
