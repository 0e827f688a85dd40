import { FormatError } from './format-error.js';

/** What reading and writing NUT share (NUT open container format, M. Niedermayer and others). */

/** file_id_string, with its zero. */
export const nutFileId = new TextEncoder().encode('nut/multimedia container\0');

/** Every packet but a frame begins with one of these; no frame begins with their first byte. */
export const nutStartCodes = {
  main: 0x4e4d_7a56_1f5f_04adn,
  stream: 0x4e53_1140_5bf2_f9dbn,
  syncpoint: 0x4e4b_e4ad_eeca_4569n,
  info: 0x4e49_ab68_b596_ba78n,
  index: 0x4e58_dd67_2f23_e64en,
} as const;

export type NutPacketName = keyof typeof nutStartCodes;

export const firstStartCodeByte = 0x4e;

/** Frame flags, the ones that a rawvideo stream can have. */
export const nutFlags = {
  key: 1,
  endOfRelevance: 2,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  coded: 4096,
  invalid: 8192,
} as const;

/** Main header flags, since version 4: no syncpoints after the first. */
export const nutPipe = 2;

/** A packet with more bytes than this has a checksum of its own over its start code and length. */
export const nutLongPacket = 4096;

/** Generator polynomial 0x04C11DB7, first bit first, nothing inverted. A byte string followed by its own checksum has 0. */
export function nutChecksum(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = 0;
  for (let index = start; index < end; index++) {
    crc = ((crc << 8) ^ (crcTable[((crc >>> 24) ^ (bytes[index] ?? 0)) & 0xff] ?? 0)) >>> 0;
  }
  return crc;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) {
    crc = (crc << 1) ^ (crc < 0 ? 0x04c1_1db7 : 0);
  }
  return crc >>> 0;
});

/**
 * Reads fields one after the other. Past the end every field is 0 and `short` is set, so that a header which has not come
 * completely yet costs no exception.
 */
export class NutCursor {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  #short = false;

  /** Of `bytes`, the part from `start` to `end`. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Whether anything was read that is not there. */
  get short(): boolean {
    return this.#short;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** Index into the bytes that the cursor was made of. */
  get position(): number {
    return this.#at;
  }

  u8(): number {
    if (this.#at >= this.#end) {
      this.#short = true;
      return 0;
    }
    this.#at += 1;
    return this.#bytes[this.#at - 1] ?? 0;
  }

  /** Big-endian. */
  u64(): bigint {
    let value = 0n;
    for (let index = 0; index < 8; index++) {
      value = (value << 8n) | BigInt(this.u8());
    }
    return value;
  }

  /** Unsigned, seven bits a byte. @throws FormatError where a number cannot hold it */
  v(): number {
    let value = 0;
    for (let index = 0; index < mostVarintBytes; index++) {
      const byte = this.u8();
      value = value * 0x80 + (byte & 0x7f);
      if (value > Number.MAX_SAFE_INTEGER) {
        break;
      }
      if (byte < 0x80) {
        return value;
      }
    }
    throw new FormatError('a number over 2^53');
  }

  /** Signed: 0, 1, -1, 2, -2 and so on. */
  s(): number {
    const value = this.v() + 1;
    return value % 2 === 1 ? -Math.floor(value / 2) : value / 2;
  }

  /** A view, not a copy; empty where there are not so many. */
  bytes(count: number): Uint8Array {
    if (count > this.left) {
      this.#short = true;
      return this.#bytes.subarray(0, 0);
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

const mostVarintBytes = 10;
