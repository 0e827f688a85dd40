import type { Light } from './light.js';
import { level } from './picture-grid.js';
import { mark } from './regions.js';

/** Numbers of this room have so many bits behind the point: a weight of 1 is 1024, a brightness of one sum is 256. */
export const weightOne = 1024;
const weightBits = 10;
export const fractionBits = 8;

/** What differs by more than so many mean deviations is not noise: 4 standard deviations of a normal distribution. */
const deviations = 5;
/** Between two pictures there is the noise of both. */
const deviationsBetweenPictures = 7;
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
  readonly counted: number;
  readonly deviation: number;
  /** Of what differs: it may be restless, like a tree, or an object that passes. */
  readonly deviationChanged: number;
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

  /** Takes a picture without asking what moves in it. @returns how many pixels differed much. */
  learn(sums: Uint16Array, weight: number, deviationWeight: number, much: number): number {
    const { mean, deviation } = this;
    let differed = 0;
    for (let index = 0; index < sums.length; index++) {
      const before = mean[index] ?? 0;
      const difference = ((sums[index] ?? 0) << fractionBits) - before;
      const size = difference < 0 ? -difference : difference;
      const usual = deviation[index] ?? 0;
      mean[index] = before + ((difference * weight) >> weightBits);
      deviation[index] = usual + (((size - usual) * deviationWeight) >> weightBits);
      differed += Number(size >> fractionBits > much);
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
      calm += Math.min(deviation[index] ?? 0, most);
    }
    return calm / counted / (1 << fractionBits);
  }

  /**
   * Marks what differs from the background in the present light, where motion counts.
   * @param earlier the sums of a picture just before; @param least what has to differ at least, in sums
   */
  mark(sums: Uint16Array, earlier: Uint16Array, light: Light, least: number, zone: Uint8Array, mask: Uint8Array, change: Change): void {
    const { mean, deviation } = this;
    const { gain, offset } = light;
    let everywhere = 0;
    let lookedAt = 0;
    for (let index = 0; index < sums.length; index++) {
      const sum = sums[index] ?? 0;
      let difference = sum - offset - ((((mean[index] ?? 0) >> fractionBits) * gain) >> weightBits);
      difference = difference < 0 ? -difference : difference;
      let marked: number = mark.quiet;
      if (difference > least) {
        const usual = deviation[index] ?? 0;
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

  /** Follows the picture, each pixel as it is marked. */
  follow(sums: Uint16Array, mask: Uint8Array, rates: FollowRates): void {
    const { mean, deviation } = this;
    const { quiet, standing, counted } = rates;
    for (let index = 0; index < sums.length; index++) {
      const before = mean[index] ?? 0;
      const difference = ((sums[index] ?? 0) << fractionBits) - before;
      const marked = mask[index] ?? 0;
      if (marked === mark.lit) {
        mean[index] = before + difference;
        continue;
      }
      const weight = marked === mark.quiet || marked === mark.moved ? quiet : marked === mark.changed ? standing : counted;
      const size = difference < 0 ? -difference : difference;
      const usual = deviation[index] ?? 0;
      mean[index] = before + ((difference * weight) >> weightBits);
      deviation[index] = usual + (((size - usual) * (marked === mark.quiet ? rates.deviation : rates.deviationChanged)) >> weightBits);
    }
  }
}
