/** The shorter side of what is looked at, and the longer one, in pixels: more would cost more and show no more. */
const most = { shorter: 180, longer: 480 } as const;
/** Smaller pictures are none of a camera. */
const smallestSide = 16;
const largestSide = 16_384;

/** A level of brightness, in the sums of 3 x 3 pixels that the detector counts in. */
export const level = 9;

/** How pictures of one size become the small ones that are looked at: nearest pixels of a regular grid, each blurred with its neighbours. */
export class PictureGrid {
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  readonly width: number;
  readonly height: number;
  readonly #columns: Int32Array;
  readonly #rows: Int32Array;
  /** Sums of three neighbours in a row: of the last three rows. */
  readonly #sums: readonly [Uint16Array, Uint16Array, Uint16Array];

  /** @throws RangeError where no picture of a camera has this size. */
  constructor(pictureWidth: number, pictureHeight: number) {
    for (const side of [pictureWidth, pictureHeight]) {
      if (!Number.isInteger(side) || side < smallestSide || side > largestSide) {
        throw new RangeError(`No motion is looked for in pictures of ${pictureWidth}x${pictureHeight}.`);
      }
    }
    const scale = Math.min(1, most.shorter / Math.min(pictureWidth, pictureHeight), most.longer / Math.max(pictureWidth, pictureHeight));
    this.pictureWidth = pictureWidth;
    this.pictureHeight = pictureHeight;
    this.width = Math.max(3, Math.round(pictureWidth * scale));
    this.height = Math.max(3, Math.round(pictureHeight * scale));
    this.#columns = nearest(this.width, pictureWidth);
    this.#rows = nearest(this.height, pictureHeight);
    this.#sums = [new Uint16Array(this.width), new Uint16Array(this.width), new Uint16Array(this.width)];
  }

  get pixels(): number {
    return this.width * this.height;
  }

  /** Writes the sum of 3 x 3 pixels (0 to 2295) for each place of the grid; pixels at the edge are repeated beyond it. */
  blur(luma: Uint8Array, into: Uint16Array): void {
    const { width, height } = this;
    let [above, here, below] = this.#sums;
    this.#sumRow(luma, 0, here);
    above.set(here);
    for (let row = 0; row < height; row++) {
      if (row + 1 < height) {
        this.#sumRow(luma, row + 1, below);
      } else {
        below.set(here);
      }
      const start = row * width;
      for (let column = 0; column < width; column++) {
        into[start + column] = (above[column] ?? 0) + (here[column] ?? 0) + (below[column] ?? 0);
      }
      [above, here, below] = [here, below, above];
    }
  }

  #sumRow(luma: Uint8Array, row: number, into: Uint16Array): void {
    const columns = this.#columns;
    const start = (this.#rows[row] ?? 0) * this.pictureWidth;
    let left = luma[start + (columns[0] ?? 0)] ?? 0;
    let middle = left;
    const last = this.width - 1;
    for (let column = 0; column < last; column++) {
      const right = luma[start + (columns[column + 1] ?? 0)] ?? 0;
      into[column] = left + middle + right;
      left = middle;
      middle = right;
    }
    into[last] = left + middle + middle;
  }
}

function nearest(count: number, of: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => Math.min(of - 1, Math.floor(((index + 0.5) * of) / count)));
}
