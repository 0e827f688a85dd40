/** Writes bits as ITU-T H.264 7.2 has them: for headers that no encoder at hand makes. */
export class BitWriter {
  readonly #bits: number[] = [];

  u(count: number, value: number): this {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.#bits.push(Math.floor(value / 2 ** bit) % 2);
    }
    return this;
  }

  ue(...values: readonly number[]): this {
    for (const value of values) {
      const length = Math.floor(Math.log2(value + 1));
      this.u(length, 0).u(length + 1, value + 1);
    }
    return this;
  }

  se(...values: readonly number[]): this {
    return this.ue(...values.map((value) => (value > 0 ? value * 2 - 1 : value * -2)));
  }

  /** Zeros up to a whole byte. */
  bytes(): number[] {
    return bytesOf(this.#bits);
  }

  /** With the stop bit (7.3.2.11) and emulation prevention (7.4.1), after these header bytes. */
  toNal(...header: readonly number[]): Uint8Array {
    const nal = [...header];
    for (const byte of bytesOf([...this.#bits, 1])) {
      if (byte <= 3 && nal.length >= header.length + 2 && nal.at(-1) === 0 && nal.at(-2) === 0) {
        nal.push(3);
      }
      nal.push(byte);
    }
    return Uint8Array.from(nal);
  }
}

function bytesOf(bits: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, byte) => Array.from({ length: 8 }, (_bit, index) => bits[byte * 8 + index] ?? 0).reduce((value, bit) => value * 2 + bit, 0));
}
