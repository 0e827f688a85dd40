import type { Regions } from './regions.js';

/** No more regions than these are followed: where there are more, it snows. */
const mostFollowed = 64;
/** Regions of this share of the picture count at once. */
const largeShare = 0.015;
/** How often at most chance alone may make a region seem to be a followed one: once in so many pictures. */
const mistakenOnceIn = 300;
/** Pictures that something has to be followed through. */
const followed = { atLeast: 2, atMost: 10 } as const;
/** A region is a followed one only where it has not become so many times larger or smaller. */
const sameSize = 5;
/** A region is looked for within its own size, and so many pixels more, on every side of where it was. */
const margin = 3;
/** Something missed in one picture may be there again in the next. */
const missedAtMost = 1;
/** In pictures so far apart nothing can be followed: what counts must then be so many times the smallest and, among so many, the average size. */
const apart = { ms: 700, timesSmallest: 2, crowd: 5, timesAverage: 4 } as const;

/** One moving region, while it is followed. */
interface Track {
  left: number;
  right: number;
  top: number;
  bottom: number;
  area: number;
  pictures: number;
  /** Pictures in a row that it was not seen in. */
  missed: number;
  seenAgain: boolean;
}

/**
 * Tells what goes somewhere from what comes and goes: a walker is near where he was in the picture before, a flake of snow or a streak
 * of rain is not. The more regions there are, the longer one has to be followed, as some are near others by chance.
 */
export class SteadyRegions {
  #tracks = newTracks();
  #next = newTracks();
  #count = 0;

  /**
   * Keeps those of the candidates that count, in front.
   * @param candidates regions that moved, `count` of them
   * @param smallest the area from which regions are looked at; @param sinceMs since the picture before
   * @returns how many count.
   */
  choose(regions: Regions, candidates: Int32Array, count: number, smallest: number, pixels: number, sinceMs: number): number {
    const needed = sinceMs > apart.ms ? Infinity : this.#picturesNeeded(count, pixels);
    const large = sinceMs > apart.ms ? outstandingArea(regions, candidates, count, smallest) : largeShare * pixels;
    let kept = 0;
    for (let each = 0; each < count; each++) {
      const region = candidates[each] ?? 0;
      const pictures = this.#picturesBefore(regions, region) + 1;
      this.#remember(regions, region, each, pictures);
      if (pictures >= needed || (regions.area[region] ?? 0) >= large) {
        candidates[kept++] = region;
      }
    }
    this.#turn(Math.min(count, mostFollowed));
    return kept;
  }

  forget(): void {
    this.#count = 0;
  }

  /** So that regions at random places are seldom mistaken for one that is followed. */
  #picturesNeeded(count: number, pixels: number): number {
    let covered = 0;
    for (let each = 0; each < this.#count; each++) {
      const track = this.#tracks[each];
      covered += track ? searchedArea(track) : 0;
    }
    const chance = Math.min(0.7, Math.max(0.001, covered / pixels));
    const pictures = 1 + Math.ceil(-Math.log(mistakenOnceIn * Math.max(1, count)) / Math.log(chance));
    return Math.min(followed.atMost, Math.max(followed.atLeast, pictures));
  }

  #picturesBefore(regions: Regions, region: number): number {
    const x = ((regions.left[region] ?? 0) + (regions.right[region] ?? 0)) / 2;
    const y = ((regions.top[region] ?? 0) + (regions.bottom[region] ?? 0)) / 2;
    const area = regions.area[region] ?? 0;
    let most = 0;
    for (let each = 0; each < this.#count; each++) {
      const track = this.#tracks[each];
      if (track && track.pictures > most && isNear(track, x, y) && area < track.area * sameSize && track.area < area * sameSize) {
        most = track.pictures;
        track.seenAgain = true;
      }
    }
    return most;
  }

  #remember(regions: Regions, region: number, at: number, pictures: number): void {
    const track = this.#next[at];
    if (track) {
      track.left = regions.left[region] ?? 0;
      track.right = regions.right[region] ?? 0;
      track.top = regions.top[region] ?? 0;
      track.bottom = regions.bottom[region] ?? 0;
      track.area = regions.area[region] ?? 0;
      track.pictures = pictures;
      track.missed = 0;
      track.seenAgain = false;
    }
  }

  /** The new tracks, and those that may come again, are the tracks for the next picture. */
  #turn(fresh: number): void {
    let kept = fresh;
    for (let each = 0; each < this.#count; each++) {
      const before = this.#tracks[each];
      const track = this.#next[kept];
      if (before && track && !before.seenAgain && before.missed < missedAtMost) {
        Object.assign(track, before);
        track.missed += 1;
        kept++;
      }
    }
    [this.#tracks, this.#next] = [this.#next, this.#tracks];
    this.#count = kept;
  }
}

/** From which area on a region stands out among those of one picture. */
function outstandingArea(regions: Regions, candidates: Int32Array, count: number, smallest: number): number {
  let [sum, largest] = [0, 0];
  for (let each = 0; each < count; each++) {
    const area = regions.area[candidates[each] ?? 0] ?? 0;
    sum += area;
    largest = Math.max(largest, area);
  }
  const amongMany = count < apart.crowd ? 0 : (apart.timesAverage * (sum - largest)) / (count - 1);
  return Math.max(apart.timesSmallest * smallest, amongMany);
}

function newTracks(): Track[] {
  return Array.from({ length: mostFollowed }, () => ({ left: 0, right: 0, top: 0, bottom: 0, area: 0, pictures: 0, missed: 0, seenAgain: false }));
}

function isNear({ left, right, top, bottom }: Track, x: number, y: number): boolean {
  const [width, height] = [right - left + margin, bottom - top + margin];
  return x >= left - width && x <= right + width && y >= top - height && y <= bottom + height;
}

function searchedArea({ left, right, top, bottom }: Track): number {
  return (3 * (right - left) + 2 * margin) * (3 * (bottom - top) + 2 * margin);
}
