import { FormatError } from './format-error.js';

/** The bytes between a NAL unit's header and its end without emulation prevention bytes: 00 00 03 becomes 00 00 (ITU-T H.264 7.4.1, H.265 7.4.2). */
export function rbspOf(nal: Uint8Array, headerBytes: number): Uint8Array {
  const rbsp = new Uint8Array(Math.max(0, nal.length - headerBytes));
  let length = 0;
  let zeros = 0;
  for (let at = headerBytes; at < nal.length; at++) {
    const byte = nal[at] ?? 0;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    rbsp[length++] = byte;
  }
  return rbsp.subarray(0, length);
}

/** Reads bits from the most significant one on, by the descriptors of ITU-T H.264 7.2 and 9.1. Every method throws `FormatError` past the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #bit = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get bitsLeft(): number {
    return this.#bytes.length * 8 - this.#bit;
  }

  skip(bits: number): void {
    if (bits > this.bitsLeft) {
      throw new FormatError(`ends ${bits - this.bitsLeft} bits too early`);
    }
    this.#bit += bits;
  }

  /** u(n), at most 32 bits. */
  u(bits: number): number {
    const end = this.#bit + bits;
    this.skip(bits);
    let value = 0;
    for (let bit = end - bits; bit < end; bit++) {
      value = value * 2 + (((this.#bytes[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1);
    }
    return value;
  }

  flag(): boolean {
    return this.u(1) === 1;
  }

  /** ue(v): unsigned Exp-Golomb, at most 2^32 - 2. */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros++;
      if (zeros > 31) {
        throw new FormatError('Exp-Golomb code longer than 32 bits');
      }
    }
    return 2 ** zeros - 1 + this.u(zeros);
  }

  /** se(v): signed Exp-Golomb, 0, 1, -1, 2, -2, ... */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : code / -2 || 0;
  }
}
