import type { MotionZone } from '../config/motion-options.js';
import { Background } from './background.js';
import type { GreyPicture, MotionRegion } from './detector.js';
import { PictureGrid } from './picture-grid.js';
import { Regions } from './regions.js';
import { SteadyRegions } from './steady-regions.js';
import { zoneMask } from './zone-mask.js';

/** The newest picture and those to compare it with. */
const keptPictures = 3;

interface SmallPicture {
  readonly sums: Uint16Array;
  timeMs: number;
}

/** All that the detector keeps of one size of pictures; taken once. */
export class Scene {
  readonly grid: PictureGrid;
  readonly background: Background;
  readonly regions: Regions;
  /** Those that may count as moving. */
  readonly candidates: Int32Array;
  readonly steady: SteadyRegions;
  /** What is said of each pixel of the newest picture; see `mark`. */
  readonly mask: Uint8Array;
  /** Where motion counts, and how many pixels that is. */
  readonly zone: Uint8Array;
  readonly zonePixels: number;
  readonly #pictures: readonly SmallPicture[];
  #newest = 0;

  /** @throws RangeError where pictures of a camera have no such size. */
  constructor({ width, height }: Pick<GreyPicture, 'width' | 'height'>, zones: readonly MotionZone[], before: Scene | undefined) {
    this.grid = new PictureGrid(width, height);
    this.background = new Background(this.grid.pixels);
    if (before) {
      this.background.beginFrom(before.background, before.grid, this.grid);
    }
    this.regions = new Regions(this.grid.width, this.grid.height);
    this.candidates = new Int32Array(this.regions.area.length);
    this.steady = new SteadyRegions(this.grid.width, this.grid.height, this.candidates.length, before?.steady);
    this.mask = new Uint8Array(this.grid.pixels);
    this.zone = zoneMask(zones, this.grid.width, this.grid.height);
    this.zonePixels = this.zone.reduce((sum, looked) => sum + looked, 0);
    this.#pictures = Array.from({ length: keptPictures }, () => ({ sums: new Uint16Array(this.grid.pixels), timeMs: -Infinity }));
  }

  isOf({ width, height }: Pick<GreyPicture, 'width' | 'height'>): boolean {
    return this.grid.pictureWidth === width && this.grid.pictureHeight === height;
  }

  /** The newest picture, blurred; see `PictureGrid`. */
  get sums(): Uint16Array {
    return this.#picture(0).sums;
  }

  take({ luma, timeMs }: Pick<GreyPicture, 'luma' | 'timeMs'>): void {
    this.#newest = (this.#newest + 1) % keptPictures;
    const picture = this.#picture(0);
    this.grid.blur(luma, picture.sums);
    picture.timeMs = timeMs;
  }

  /** The picture before, or the one before that where the first is not as old as this; the newest one where there is no other yet. */
  earlier(atMostMs: number): Uint16Array {
    const [before, earlier] = [this.#picture(1), this.#picture(2)];
    const chosen = before.timeMs > atMostMs && earlier.timeMs > -Infinity ? earlier : before;
    return chosen.timeMs > -Infinity ? chosen.sums : this.sums;
  }

  inFractions(left: number, top: number, right: number, bottom: number): MotionRegion {
    const { width, height } = this.grid;
    return { x: left / width, y: top / height, width: (right - left) / width, height: (bottom - top) / height };
  }

  #picture(back: number): SmallPicture {
    const picture = this.#pictures[(this.#newest - back + keptPictures) % keptPictures];
    if (!picture) {
      throw new RangeError(`Only ${keptPictures} pictures are kept.`);
    }
    return picture;
  }
}
