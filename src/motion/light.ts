import { fractionBits, weightOne, type Background } from './background.js';
import { level } from './picture-grid.js';
import type { Regions } from './regions.js';

/** Compared are every so many pixels; odd, so that no column is left out. */
const step = 7;
/** A camera's own exposure and the sky change a picture within these; what goes further is another scene. */
const gains = { least: 0.6, most: 1.7 } as const;
/** So many of the pixels must agree on it. */
const agreeing = 0.5;
/** Pixels agree when they are so close, in sums. */
const close = 6 * level;
/** A background with less contrast than this (variance of sums) tells nothing of the gain. */
const leastVariance = (6 * level) ** 2;
/** How alike the outlines before and after are, at least, where only the light changed. A correlation. */
const sameStructure = 0.6;

/** How bright the whole picture is against its background: a camera that adjusts its exposure and a cloud before the sun move nothing. */
export class Light {
  /** The picture is the background times `gain / weightOne`, plus `offset` (in sums). */
  gain: number = weightOne;
  offset = 0;

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
      agreed += Number(difference < close && difference > -close);
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

/**
 * Whether a region shows what was there before, in another light: its outlines lie where the background's lie. What comes between
 * brings outlines of its own, and hides those behind it. A region without any outlines, before and now, is a lit wall.
 * @param noise the usual deviation of a pixel, in sums
 */
export function onlyLightChanged(regions: Regions, region: number, sums: Uint16Array, { mean }: Background, width: number, noise: number): boolean {
  let [now, before, both, counted] = [0, 0, 0, 0];
  const rows = Math.floor(sums.length / width);
  regions.eachRun(region, (row, start, end) => {
    const [up, down] = [row > 0 ? -width : 0, row + 1 < rows ? width : 0];
    for (let column = Math.max(1, start); column < Math.min(width - 1, end); column++) {
      const index = row * width + column;
      const nowX = (sums[index + 1] ?? 0) - (sums[index - 1] ?? 0);
      const nowY = (sums[index + down] ?? 0) - (sums[index + up] ?? 0);
      const beforeX = ((mean[index + 1] ?? 0) - (mean[index - 1] ?? 0)) >> fractionBits;
      const beforeY = ((mean[index + down] ?? 0) - (mean[index + up] ?? 0)) >> fractionBits;
      now += nowX * nowX + nowY * nowY;
      before += beforeX * beforeX + beforeY * beforeY;
      both += nowX * beforeX + nowY * beforeY;
      counted++;
    }
  });
  // The mean deviation is 0.8 of the standard deviation; a difference has the noise of two pixels, a sum of squares that of two differences.
  const ofNoise = counted * 4 * (noise / 0.8) ** 2;
  const flat = counted * level ** 2;
  if (now < 2 * ofNoise + flat && before < ofNoise + flat) {
    return true;
  }
  return both > sameStructure * Math.sqrt(before * Math.max(now - ofNoise, now / 4));
}
