import type { Regions } from './regions.js';

/** A newest picture's weight: clutter is known after some seconds. */
const weight = 0.05;
/** So many regions together are hardly ever seen where this many are expected (Poisson, once in 10,000 pictures); the first is for one region. */
const expectedWhereSeldom = [0.001, 0.01, 0.06, 0.2, 0.4, 0.66, 0.98, 1.3, 1.7, 2.1, 2.6, 3, 3.5, 4] as const;
/** Through more pictures nothing is followed. */
export const mostPictures = 10;
/**
 * Where so many come from nowhere in each picture, one stands out that is so many times their average size; others must be followed through so
 * many pictures at least, and against so many times the clutter of the average picture: rain comes in gusts.
 */
const crowd = { regions: 3, timesAverage: 4, pictures: 4, gusts: 4 } as const;
/** However much of the picture is near something: the rest tells of what comes from nowhere. */
const mostCovered = 0.95;

/** What comes from nowhere and goes nowhere, picture by picture: rain, snow, leaves in the wind. Averages over the last seconds. */
export class Clutter {
  #pictures = 0;
  /** Per picture: regions that were nowhere near one of the picture before, and their area. */
  #regions = 0;
  #area = 0;
  /** The share of the picture that is near one of the picture before. */
  #covered = 0;
  /** The share of regions that something was near to in the next picture. */
  #followedOn = 0;
  #newRegions = 0;
  #newArea = 0;

  /** Whether anything can be said of it. */
  get known(): boolean {
    return this.#pictures > 0;
  }

  /** This region was nowhere near one of the picture before. */
  add(regions: Regions, region: number): void {
    this.#newRegions += 1;
    this.#newArea += regions.area[region] ?? 0;
  }

  /**
   * That was one picture.
   * @param covered the share of it that was near a region of the picture before
   * @param followedOn the share of those regions that had one near them in it
   */
  turn(covered: number, followedOn: number): void {
    this.#pictures += 1;
    const share = Math.max(weight, 1 / this.#pictures);
    this.#regions += share * (this.#newRegions - this.#regions);
    this.#area += share * (this.#newArea - this.#area);
    this.#covered += share * (Math.min(mostCovered, covered) - this.#covered);
    this.#followedOn += share * (followedOn - this.#followedOn);
    [this.#newRegions, this.#newArea] = [0, 0];
  }

  /**
   * Through how many pictures a region has to be followed, so that it is no clutter that has something near it by chance.
   * @param followed how many regions of the present picture were followed through 1, 2, ... pictures, this one included
   */
  picturesToFollow(followed: Int32Array): number {
    let expected = this.#altogether;
    const isCrowd = expected >= crowd.regions;
    expected *= isCrowd ? crowd.gusts : 1;
    const least = isCrowd ? crowd.pictures : 1;
    // Where there are few, those that are followed on are what is looked for.
    const chance = isCrowd ? Math.max(this.#covered, this.#followedOn) : this.#covered;
    for (let pictures = 1; pictures <= mostPictures; pictures++) {
      const seen = Math.min(followed[pictures] ?? 0, expectedWhereSeldom.length);
      if (pictures >= least && seen > 0 && expected <= (expectedWhereSeldom[seen - 1] ?? 0)) {
        return pictures;
      }
      expected *= chance;
    }
    return Infinity;
  }

  /** From which area on a region stands out; any does where there is little clutter. */
  get outstandingArea(): number {
    return this.#altogether < crowd.regions ? 0 : (crowd.timesAverage * this.#area) / this.#regions;
  }

  /** Regions of clutter per picture. What comes near something by chance counts as followed: the others tell how many there are. */
  get #altogether(): number {
    return this.#regions / (1 - this.#covered);
  }
}
