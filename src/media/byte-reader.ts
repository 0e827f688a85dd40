import { FormatError } from './format-error.js';

/** Reads big-endian fields one after the other. Every method throws `FormatError` past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  /** Of `bytes`, the part from `start` to `end`. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** Index into the bytes that the reader was made of. */
  get position(): number {
    return this.#at;
  }

  skip(count: number): void {
    if (count > this.left) {
      throw new FormatError(`ends ${count - this.left} bytes too early`);
    }
    this.#at += count;
  }

  u8(): number {
    this.skip(1);
    return this.#bytes[this.#at - 1] ?? 0;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    this.skip(4);
    const bytes = this.#bytes;
    const at = this.#at - 4;
    return (bytes[at] ?? 0) * 0x1000000 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
  }

  i32(): number {
    return this.u32() | 0;
  }

  /** Refuses what a number cannot hold exactly. */
  u64(): number {
    return this.#safe(this.u32() * 0x1_0000_0000 + this.u32());
  }

  i64(): number {
    const high = this.i32();
    return this.#safe(high * 0x1_0000_0000 + this.u32());
  }

  /** A view, not a copy. */
  bytes(count: number): Uint8Array {
    this.skip(count);
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #safe(value: number): number {
    if (!Number.isSafeInteger(value)) {
      throw new FormatError('a number over 2^53');
    }
    return value;
  }
}
