import { level } from './picture-grid.js';

/** Between these shares of the pixels lies what counts as the picture's contrast. */
const percentiles = { low: 0.04, high: 0.96 } as const;
/** Averaged over so many pictures. */
const averagedOver = 50;
/** Every so many pixels are counted; odd, so that no column is left out. */
const step = 7;

/** How much of the range of brightness a scene uses, averaged over the last pictures. */
export class Contrast {
  readonly #histogram = new Uint32Array(256);
  #pictures = 0;
  #range = 0;

  /** From 0 to 255: the darkest and brightest pixels left out. */
  get range(): number {
    return this.#range;
  }

  /** Looks at one more picture. @param sums as of `PictureGrid.blur` */
  measure(sums: Uint16Array): void {
    const histogram = this.#histogram.fill(0);
    for (let index = 0; index < sums.length; index += step) {
      const shade = ((sums[index] ?? 0) / level) | 0;
      histogram[shade] = (histogram[shade] ?? 0) + 1;
    }
    const counted = Math.ceil(sums.length / step);
    const range = this.#shadeAt(counted * percentiles.high) - this.#shadeAt(counted * percentiles.low);
    this.#pictures = Math.min(this.#pictures + 1, averagedOver);
    this.#range += (range - this.#range) / this.#pictures;
  }

  /** Another light: what was measured before says nothing any more. */
  restart(): void {
    this.#pictures = 0;
  }

  #shadeAt(rank: number): number {
    let seen = 0;
    for (let shade = 0; shade < 256; shade++) {
      seen += this.#histogram[shade] ?? 0;
      if (seen > rank) {
        return shade;
      }
    }
    return 255;
  }
}
