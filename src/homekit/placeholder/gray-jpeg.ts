/** A picture in shades of grey, one byte a pixel, row by row. */
export interface GrayPicture {
  readonly width: number;
  readonly height: number;
  readonly luma: Uint8Array;
}

/**
 * Encodes a drawn picture as baseline JPEG (ITU-T T.81), with three components because not every viewer takes one.
 * Made for pictures that are mostly flat: such blocks cost next to nothing. jpeg-js needs many times as long for one,
 * and on a Raspberry Pi the plugin does nothing else meanwhile.
 */
export function encodeGrayJpeg(picture: GrayPicture): Buffer {
  const bits = new BitWriter();
  const previousDc = { y: 0, cb: 0, cr: 0 };
  for (let top = 0; top < picture.height; top += 16) {
    for (let left = 0; left < picture.width; left += 16) {
      for (const [x, y] of [[0, 0], [8, 0], [0, 8], [8, 8]] as const) {
        const block = transformed(picture, left + x, top + y);
        const dc = block[0] ?? 0;
        writeBlock(bits, block, dc - previousDc.y);
        previousDc.y = dc;
      }
      for (const component of ['cb', 'cr'] as const) {
        writeBlock(bits, flat, tint[component] - previousDc[component]);
        previousDc[component] = tint[component];
      }
    }
  }
  return Buffer.concat([header(picture.width, picture.height), bits.finish(), Buffer.from([0xff, 0xd9])]);
}

/** The quantised DC of both color components: the same breath of blue everywhere. */
const tint = { cb: 2, cr: -1 };

const zigzag = Array.from({ length: 64 }, (_, index) => index).sort((a, b) => diagonalOrder(a) - diagonalOrder(b));

/** Along the diagonals, alternately up and down (T.81 figure A.6). */
function diagonalOrder(index: number): number {
  const [row, column] = [index >> 3, index & 7];
  const diagonal = row + column;
  return diagonal * 8 + (diagonal % 2 === 0 ? column : row);
}

/** Quantisation steps, row by row: fine, because edges of letters suffer first. */
const steps = Uint8Array.from({ length: 64 }, (_, index) => 5 + 3 * ((index >> 3) + (index & 7)));

const cosines = Float64Array.from({ length: 64 }, (_, index) => {
  const [frequency, position] = [index >> 3, index & 7];
  return Math.cos(((2 * position + 1) * frequency * Math.PI) / 16) * (frequency === 0 ? Math.SQRT1_2 : 1) * 0.5;
});

const flat = new Int16Array(64);

// Plain loops and memory used again from here on: this is where the time goes.
const samples = new Float64Array(64);
const half = new Float64Array(64);
const turned = new Float64Array(64);
const coefficients = new Int16Array(64);

/** The block's quantised coefficients in zigzag order (T.81 A.3.3). Beyond the edge the last pixel is repeated. Valid until the next call. */
function transformed({ width, height, luma }: GrayPicture, left: number, top: number): Int16Array {
  const first = luma[Math.min(top, height - 1) * width + Math.min(left, width - 1)] ?? 0;
  let isFlat = true;
  for (let index = 0; index < 64; index++) {
    const x = Math.min(left + (index & 7), width - 1);
    const sample = luma[Math.min(top + (index >> 3), height - 1) * width + x] ?? 0;
    samples[index] = sample - 128;
    isFlat &&= sample === first;
  }
  if (isFlat) {
    coefficients.fill(0);
    coefficients[0] = Math.round(((first - 128) * 8) / (steps[0] ?? 1));
    return coefficients;
  }
  alongRows(samples, half);
  alongRows(half, turned);
  for (let place = 0; place < 64; place++) {
    const index = zigzag[place] ?? 0;
    coefficients[place] = Math.round((turned[index] ?? 0) / (steps[index] ?? 1));
  }
  return coefficients;
}

/** One dimension of the cosine transform, with rows and columns swapped: doing it twice does both and swaps them back. */
function alongRows(block: Float64Array, result: Float64Array): void {
  for (let row = 0; row < 8; row++) {
    for (let frequency = 0; frequency < 8; frequency++) {
      let sum = 0;
      for (let position = 0; position < 8; position++) {
        sum += (block[row * 8 + position] ?? 0) * (cosines[frequency * 8 + position] ?? 0);
      }
      result[frequency * 8 + row] = sum;
    }
  }
}

/** A Huffman table as it stands in the file: how many codes there are of each length from 1, and what they mean, shortest first. */
interface HuffmanTable {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

/** The rest of a row of the usual table (T.81 table K.5): a run of zeros with sizes up to 10. */
const sizes = (run: number, from: number) => Array.from({ length: 11 - from }, (_, index) => run * 16 + from + index);

const dcTable: HuffmanTable = { counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], symbols: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] };
const acTable: HuffmanTable = {
  counts: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
  symbols: [
    ...[0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32],
    ...[0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82],
    ...[sizes(0, 9), sizes(1, 6), sizes(2, 5), sizes(3, 4), sizes(4, 3), sizes(5, 3), sizes(6, 3), sizes(7, 3), sizes(8, 3)].flat(),
    ...[sizes(9, 2), sizes(10, 2), sizes(11, 2), sizes(12, 2), sizes(13, 2), sizes(14, 1), sizes(15, 1)].flat(),
  ],
};

interface Code {
  readonly bits: number;
  readonly length: number;
}

/** T.81 annex C. */
function codesOf({ counts, symbols }: HuffmanTable): ReadonlyMap<number, Code> {
  const codes = new Map<number, Code>();
  let [bits, next] = [0, 0];
  for (const [index, count] of counts.entries()) {
    for (const symbol of symbols.slice(next, next + count)) {
      codes.set(symbol, { bits: bits++, length: index + 1 });
    }
    next += count;
    bits *= 2;
  }
  return codes;
}

const dcCodes = codesOf(dcTable);
const acCodes = codesOf(acTable);
const endOfBlock = 0x00;
const sixteenZeros = 0xf0;

/** T.81 F.1.2. */
function writeBlock(out: BitWriter, block: Int16Array, dcDifference: number): void {
  writeValue(out, dcCodes, 0, dcDifference);
  let zeros = 0;
  for (let place = 1; place < 64; place++) {
    const value = block[place] ?? 0;
    if (value === 0) {
      zeros++;
      continue;
    }
    for (; zeros > 15; zeros -= 16) {
      out.write(acCodes.get(sixteenZeros));
    }
    writeValue(out, acCodes, zeros, value);
    zeros = 0;
  }
  if (zeros > 0) {
    out.write(acCodes.get(endOfBlock));
  }
}

function writeValue(out: BitWriter, codes: ReadonlyMap<number, Code>, zerosBefore: number, value: number): void {
  const length = value === 0 ? 0 : 32 - Math.clz32(Math.abs(value));
  out.write(codes.get(zerosBefore * 16 + length));
  out.writeBits(value < 0 ? value + (1 << length) - 1 : value, length);
}

class BitWriter {
  private readonly bytes: number[] = [];
  private pending = 0;
  private pendingLength = 0;

  write(code: Code | undefined): void {
    if (!code) {
      throw new RangeError('JPEG: no code for this coefficient');
    }
    this.writeBits(code.bits, code.length);
  }

  /** At most 16 bits at once: with what is pending they fit into 32. */
  writeBits(bits: number, length: number): void {
    this.pending = (this.pending << length) | bits;
    this.pendingLength += length;
    while (this.pendingLength >= 8) {
      this.pendingLength -= 8;
      const byte = (this.pending >> this.pendingLength) & 0xff;
      this.bytes.push(byte);
      // A zero behind 0xff says that it is no marker (T.81 F.1.2.3).
      if (byte === 0xff) {
        this.bytes.push(0);
      }
    }
    this.pending &= (1 << this.pendingLength) - 1;
  }

  finish(): Buffer {
    const filling = (8 - this.pendingLength) % 8;
    this.writeBits((1 << filling) - 1, filling);
    return Buffer.from(this.bytes);
  }
}

/** Everything in front of the coded blocks (T.81 annex B, JFIF 1.01). */
function header(width: number, height: number): Buffer {
  const segment = (marker: number, ...content: number[]) => [0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 0xff, ...content];
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0),
    ...segment(0xdb, 0, ...zigzag.map((index) => steps[index] ?? 1)),
    // Three components, brightness with twice the samples of color in each direction (4:2:0), as cameras have it.
    ...segment(0xc0, 8, height >> 8, height & 0xff, width >> 8, width & 0xff, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0),
    ...segment(0xc4, 0x00, ...dcTable.counts, ...dcTable.symbols),
    ...segment(0xc4, 0x10, ...acTable.counts, ...acTable.symbols),
    ...segment(0xda, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0),
  ]);
}
