import { fractionBits } from './background.js';
import { level } from './picture-grid.js';
import type { Scene } from './scene.js';

/**
 * How alike outlines before and after are, at least, where only the light changed (a correlation). Of large regions that a light changed 0.5
 * to 1 was measured, of walkers and cars up to 0.35; through rain shines what is behind it, so that many small ones must be more alike.
 */
export const alike = { region: 0.45, manyRegions: 0.65 } as const;

/**
 * Whether regions show what was there before, in another light: their outlines lie where the background's lie. What comes between
 * brings outlines of its own, and hides those behind it. Regions without any outlines, before and now, are a lit wall.
 */
export class Outlines {
  /** Sums of squares of the slopes in the picture and in the background, and of their products. */
  #now = 0;
  #before = 0;
  #both = 0;
  #pixels = 0;

  add({ regions, sums, background, grid }: Scene, region: number): void {
    const { mean } = background;
    const { width, height } = grid;
    regions.eachRun(region, (row, start, end) => {
      const [up, down] = [row > 0 ? -width : 0, row + 1 < height ? width : 0];
      for (let column = Math.max(1, start); column < Math.min(width - 1, end); column++) {
        const index = row * width + column;
        const nowX = (sums[index + 1] ?? 0) - (sums[index - 1] ?? 0);
        const nowY = (sums[index + down] ?? 0) - (sums[index + up] ?? 0);
        const beforeX = ((mean[index + 1] ?? 0) - (mean[index - 1] ?? 0)) >> fractionBits;
        const beforeY = ((mean[index + down] ?? 0) - (mean[index + up] ?? 0)) >> fractionBits;
        this.#now += nowX * nowX + nowY * nowY;
        this.#before += beforeX * beforeX + beforeY * beforeY;
        this.#both += nowX * beforeX + nowY * beforeY;
        this.#pixels++;
      }
    });
  }

  /** @param noise the usual deviation of a pixel, in sums; @param least see `alike` */
  onlyLightChanged(noise: number, least: number): boolean {
    // The mean deviation is 0.8 of the standard deviation; a slope has the noise of two pixels, and each pixel has two slopes.
    const ofNoise = this.#pixels * 4 * (noise / 0.8) ** 2;
    const flat = this.#pixels * level ** 2;
    if (this.#now < 2 * ofNoise + flat && this.#before < ofNoise + flat) {
      return true;
    }
    return this.#both > least * Math.sqrt(this.#before * Math.max(this.#now - ofNoise, this.#now / 4));
  }
}
