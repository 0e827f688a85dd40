import type { Light } from './light.js';
import { level } from './picture-grid.js';
const { imul } = Math;
import { mark } from './regions.js';

/** Numbers of this room have so many bits behind the point: a weight of 1 is 1024, a brightness of one sum is 256. */
export const weightOne = 1024;
const weightBits = 10;
export const fractionBits = 8;

/** What differs by more than so many mean deviations is not noise: 4 standard deviations of a normal distribution. */
const deviations = 5;
/** Between two pictures there is the noise of both. */
const deviationsBetweenPictures = 7;
/** So many pixels around a restless one are restless too. */
const around = 3;
/** A scene's noise is taken from every so many pixels; odd, so that no column is left out. */
const noiseStep = 7;
/** Until it is known. */
const assumedNoise = 2 * level;

/** How much of a picture differs from the background. */
export interface Change {
  /** Pixels, everywhere and where motion counts. */
  everywhere: number;
  lookedAt: number;
}

/** How fast the background follows, as weights of the newest picture (`weightOne` is 1), for each kind of pixel. */
export interface FollowRates {
  readonly quiet: number;
  /** What differs and stands still: things that stopped, and what was behind things that left. */
  readonly standing: number;
  /** What only the light has changed. */
  readonly lit: number;
  readonly counted: number;
  /** Of the deviation: of what differs and stands still, or counts as moving, more slowly, as it may be there only once. */
  readonly deviation: number;
  readonly deviationOnce: number;
}

/** What the scene looks like without motion: for each pixel its running average, and how much it usually deviates from it. */
export class Background {
  readonly mean: Int32Array;
  readonly deviation: Int32Array;

  constructor(pixels: number) {
    this.mean = new Int32Array(pixels);
    this.deviation = new Int32Array(pixels);
  }

  /** The present picture is all that is known. */
  begin(sums: Uint16Array): void {
    for (let index = 0; index < sums.length; index++) {
      this.mean[index] = (sums[index] ?? 0) << fractionBits;
    }
    this.deviation.fill(assumedNoise << fractionBits);
  }

  /** The same scene as before, in a picture of another size. */
  beginFrom(before: Background, from: { readonly width: number; readonly height: number }, to: { readonly width: number; readonly height: number }): void {
    for (let row = 0; row < to.height; row++) {
      const fromRow = Math.floor(((row + 0.5) * from.height) / to.height) * from.width;
      for (let column = 0; column < to.width; column++) {
        const source = fromRow + Math.floor(((column + 0.5) * from.width) / to.width);
        this.mean[row * to.width + column] = before.mean[source] ?? 0;
        this.deviation[row * to.width + column] = before.deviation[source] ?? 0;
      }
    }
  }

  /** Takes a picture without asking what moves in it. @returns how many pixels differed by more than `much` in the present light */
  learn(sums: Uint16Array, light: Light, weight: number, deviationWeight: number, much: number): number {
    const { mean, deviation } = this;
    const { gain, offset } = light;
    let differed = 0;
    for (let index = 0; index < sums.length; index++) {
      const before = mean[index] ?? 0;
      const sum = sums[index] ?? 0;
      const usual = deviation[index] ?? 0;
      let size = sum - offset - (imul(before >> fractionBits, gain) >> weightBits);
      size = size < 0 ? -size : size;
      mean[index] = before + (imul((sum << fractionBits) - before, weight) >> weightBits);
      deviation[index] = usual + (imul((size << fractionBits) - usual, deviationWeight) >> weightBits);
      differed += size > much ? 1 : 0;
    }
    return differed;
  }

  /** The usual deviation of a pixel, where few are much more restless than the others. */
  noise(): number {
    const { deviation } = this;
    let sum = 0;
    let counted = 0;
    for (let index = 0; index < deviation.length; index += noiseStep) {
      sum += deviation[index] ?? 0;
      counted++;
    }
    const most = (2 * sum) / counted;
    let calm = 0;
    for (let index = 0; index < deviation.length; index += noiseStep) {
      const usual = deviation[index] ?? 0;
      calm += usual < most ? usual : most;
    }
    return calm / counted / (1 << fractionBits);
  }

  /**
   * Marks what differs from the background in the present light, where motion counts.
   * @param earlier the sums of a picture just before; @param least what has to differ at least, in sums
   */
  mark(sums: Uint16Array, earlier: Uint16Array, light: Light, least: number, width: number, zone: Uint8Array, mask: Uint8Array, change: Change): void {
    const { mean, deviation } = this;
    const { gain, offset } = light;
    let everywhere = 0;
    let lookedAt = 0;
    for (let index = 0; index < sums.length; index++) {
      const sum = sums[index] ?? 0;
      let difference = sum - offset - (imul((mean[index] ?? 0) >> fractionBits, gain) >> weightBits);
      difference = difference < 0 ? -difference : difference;
      let marked: number = mark.quiet;
      if (difference > least) {
        let usual = deviation[index] ?? 0;
        if (difference > (usual * deviations) >> fractionBits) {
          usual = this.#usualAround(index, width);
        }
        if (difference > (usual * deviations) >> fractionBits) {
          everywhere++;
          if (zone[index] === 1) {
            lookedAt++;
            let since = sum - (earlier[index] ?? 0);
            since = since < 0 ? -since : since;
            marked = since > least && since > (usual * deviationsBetweenPictures) >> fractionBits ? mark.moved : mark.changed;
          }
        }
      }
      mask[index] = marked;
    }
    change.everywhere = everywhere;
    change.lookedAt = lookedAt;
  }

  /** The most restless of a pixel and those around it: a branch does not move by where it was yesterday. */
  #usualAround(index: number, width: number): number {
    const { deviation } = this;
    const [left, right] = [deviation[index - around] ?? 0, deviation[index + around] ?? 0];
    const [above, below] = [deviation[index - around * width] ?? 0, deviation[index + around * width] ?? 0];
    return Math.max(deviation[index] ?? 0, left, right, above, below);
  }

  /** Follows the picture, each pixel as it is marked. What the light does to all of them is no deviation of theirs. */
  follow(sums: Uint16Array, light: Light, mask: Uint8Array, rates: FollowRates): void {
    const { mean, deviation } = this;
    const { gain, offset } = light;
    const { quiet, standing, lit, counted, deviation: restlessDeviation, deviationOnce: onceDeviation } = rates;
    const inBackgroundsLight = Math.round(weightOne ** 2 / gain);
    for (let index = 0; index < sums.length; index++) {
      const before = mean[index] ?? 0;
      const sum = sums[index] ?? 0;
      const marked = mask[index] ?? 0;
      const usual = deviation[index] ?? 0;
      let size = (sum - offset - (imul(before >> fractionBits, gain) >> weightBits)) << fractionBits;
      size = size < 0 ? -size : size;
      if (marked === mark.quiet || marked === mark.moved) {
        mean[index] = before + (imul((sum << fractionBits) - before, quiet) >> weightBits);
        deviation[index] = usual + (imul(size - usual, restlessDeviation) >> weightBits);
      } else {
        const weight = marked === mark.changed ? standing : marked === mark.counted ? counted : lit;
        const difference = ((imul(sum - offset, inBackgroundsLight) >> weightBits) << fractionBits) - before;
        mean[index] = before + (imul(difference, weight) >> weightBits);
        // Somebody who walks by makes no place restless.
        deviation[index] = usual + (marked === mark.changed ? imul(size - usual, onceDeviation) >> weightBits : 0);
      }
    }
  }
}
