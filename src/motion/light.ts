import { fractionBits, weightOne, type Background } from './background.js';
import { level } from './picture-grid.js';

/** Compared are every so many pixels; odd, so that no column is left out. */
const step = 7;
/** A camera's own exposure and the sky change a picture within these; what goes further is another scene. */
const gains = { least: 0.6, most: 1.7 } as const;
/** So many of the pixels must agree on it. */
const agreeing = 0.5;
/** Pixels agree when they are so close, in sums. */
const close = 6 * level;
/** Smaller changes than these are noise: 1 %, and one level. */
const slight = { gain: 0.01 * weightOne, offset: level } as const;
/** A background with less contrast than this (variance of sums) tells nothing of the gain. */
const leastVariance = (6 * level) ** 2;
/** How bright the whole picture is against its background: a camera that adjusts its exposure and a cloud before the sun move nothing. */
export class Light {
  /** The picture is the background times `gain / weightOne`, plus `offset` (in sums). */
  gain: number = weightOne;
  offset = 0;
  /** Whether it has just become brighter or darker. */
  changes = false;

  /** Finds what most pixels agree on, beginning from what held for the picture before. */
  fit(sums: Uint16Array, background: Background): void {
    const asBefore = this.#agree(sums, background, this.gain, this.offset);
    const { gain: gainBefore, offset: offsetBefore } = this;
    this.#leastSquares(sums, background, gainBefore, offsetBefore, asBefore > agreeing ? close : Infinity);
    const fitted = this.#agree(sums, background, this.gain, this.offset);
    if (Math.max(fitted, asBefore) < agreeing) {
      this.reset();
    } else if (fitted < asBefore) {
      [this.gain, this.offset] = [gainBefore, offsetBefore];
    }
    this.changes = Math.abs(this.gain - gainBefore) > slight.gain || Math.abs(this.offset - offsetBefore) > slight.offset;
  }

  reset(): void {
    this.gain = weightOne;
    this.offset = 0;
  }

  /** The share of pixels that this gain and offset explain. */
  #agree(sums: Uint16Array, { mean }: Background, gain: number, offset: number): number {
    let agreed = 0;
    let counted = 0;
    for (let index = 0; index < sums.length; index += step) {
      const difference = (sums[index] ?? 0) - offset - ((((mean[index] ?? 0) >> fractionBits) * gain) >> 10);
      agreed += difference < close && difference > -close ? 1 : 0;
      counted++;
    }
    return agreed / counted;
  }

  /** Of the pixels that are no further than `within` from what held before. */
  #leastSquares(sums: Uint16Array, { mean }: Background, gain: number, offset: number, within: number): void {
    let [n, sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0, 0];
    for (let index = 0; index < sums.length; index += step) {
      const x = (mean[index] ?? 0) >> fractionBits;
      const y = sums[index] ?? 0;
      const difference = y - offset - ((x * gain) >> 10);
      if (difference < within && difference > -within) {
        n++;
        sumX += x;
        sumY += y;
        sumXX += x * x;
        sumXY += x * y;
      }
    }
    const variance = sumXX / n - (sumX / n) ** 2;
    const slope = variance > leastVariance ? (sumXY / n - (sumX / n) * (sumY / n)) / variance : 1;
    const held = Math.min(gains.most, Math.max(gains.least, slope));
    this.gain = Math.round(held * weightOne);
    this.offset = Math.round(sumY / n - (held * sumX) / n);
  }
}
