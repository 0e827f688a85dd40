import { alike, Outlines } from './outlines.js';
import { mark } from './regions.js';
import type { Scene } from './scene.js';

/** Regions of this share of the picture are always asked whether only the light has changed. */
const largeShare = 0.005;
/** And all regions, for so long after it has in a large one: a light changes in small places too, and for a moment. */
const lastsMs = 1_000;
/** In so many small places a light begins to change, and a camera trembles. */
const places = 3;

/** Takes away regions that moved nowhere: a lamp, the sun, a shadow; and a camera that trembles by a pixel. */
export class LitRegions {
  #changedMs = -Infinity;

  /**
   * Keeps those of the scene's candidates in which more than the light has changed, in front.
   * @param changing whether the light of the whole picture has just changed
   * @param noise the usual deviation of a pixel, in sums; @param sinceMs since the picture before
   * @returns how many these are.
   */
  takeAway(scene: Scene, count: number, changing: boolean, noise: number, timeMs: number, sinceMs: number): number {
    const all = changing || timeMs - this.#changedMs <= lastsMs + sinceMs;
    const kept = this.#ask(scene, count, all ? 0 : largeShare * scene.grid.pixels, noise, timeMs);
    const left = kept < count && !all ? this.#ask(scene, kept, 0, noise, timeMs) : kept;
    return left >= places && litTogether(scene, left, noise) ? 0 : left;
  }

  /** @param smallest the area from which on regions are asked */
  #ask(scene: Scene, count: number, smallest: number, noise: number, timeMs: number): number {
    const { regions, candidates, grid, mask } = scene;
    let kept = 0;
    for (let each = 0; each < count; each++) {
      const region = candidates[each] ?? 0;
      const area = regions.area[region] ?? 0;
      if (area >= smallest && isLit(scene, region, noise)) {
        regions.paint(region, mask, mark.lit);
        this.#changedMs = area >= largeShare * grid.pixels ? timeMs : this.#changedMs;
      } else {
        candidates[kept++] = region;
      }
    }
    return kept;
  }
}

function isLit(scene: Scene, region: number, noise: number): boolean {
  const outlines = new Outlines();
  outlines.add(scene, region);
  return outlines.onlyLightChanged(noise, alike.region);
}

/** Small places say little one by one. */
function litTogether(scene: Scene, count: number, noise: number): boolean {
  const outlines = new Outlines();
  for (let each = 0; each < count; each++) {
    outlines.add(scene, scene.candidates[each] ?? 0);
  }
  return outlines.onlyLightChanged(noise, alike.manyRegions);
}
