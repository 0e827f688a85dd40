import { seededRandom } from '../seeded-random.js';

/** In the modules of a test, globals are slow to look up. */
const { cos, floor, max, min } = Math;

/** A grey picture to draw into. Places and sizes are fractions of it; shades are limited range, 16 to 235. */
export class Painter {
  readonly width: number;
  readonly height: number;
  readonly luma: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.luma = new Uint8Array(width * height);
  }

  /** A box whose edges may lie between pixels. */
  box(left: number, top: number, width: number, height: number, shade: number): void {
    const [x0, x1] = [left * this.width, (left + width) * this.width];
    const [y0, y1] = [top * this.height, (top + height) * this.height];
    for (let y = max(0, floor(y0)); y < min(this.height, y1); y++) {
      const rows = min(y + 1, y1) - max(y, y0);
      for (let x = max(0, floor(x0)); x < min(this.width, x1); x++) {
        this.blend(x, y, shade, rows * (min(x + 1, x1) - max(x, x0)));
      }
    }
  }

  /** @param covered 0 to 1: how much of the pixel has the shade */
  blend(x: number, y: number, shade: number, covered: number): void {
    const index = y * this.width + x;
    const before = this.luma[index] ?? 0;
    this.luma[index] = before + (shade - before) * covered;
  }

  /** Every pixel anew, by its shade and its place in fractions. */
  relight(of: (shade: number, x: number, y: number) => number): void {
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        const index = y * this.width + x;
        this.luma[index] = limited(of(this.luma[index] ?? 0, x / this.width, y / this.height));
      }
    }
  }

  /** The same for all pixels of a shade. */
  relightAll(of: (shade: number) => number): void {
    const table = Uint8Array.from({ length: 256 }, (_, shade) => limited(of(shade)));
    for (let index = 0; index < this.luma.length; index++) {
      this.luma[index] = table[this.luma[index] ?? 0] ?? 0;
    }
  }

  /** The noise of a sensor, in standard deviations of shades; another one for each number. */
  noise(deviation: number, number: number): void {
    const start = floor(seededRandom(number)() * (normal.length - this.luma.length % normal.length));
    for (let index = 0; index < this.luma.length; index++) {
      const shade = (this.luma[index] ?? 0) + deviation * (normal[(start + index * 7) & (normal.length - 1)] ?? 0);
      this.luma[index] = shade < 16 ? 16 : shade > 235 ? 235 : shade;
    }
  }
}

/** Normally distributed numbers, drawn once: a noisy picture then costs no more than reading them. */
const normal = (() => {
  const random = seededRandom(99);
  return Float32Array.from({ length: 2 ** 18 }, () => Math.sqrt(-2 * Math.log(1 - random())) * cos(2 * Math.PI * random()));
})();

function limited(shade: number): number {
  return min(235, max(16, shade));
}
