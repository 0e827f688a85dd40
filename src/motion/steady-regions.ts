import { Clutter, mostPictures } from './clutter.js';
import type { Regions } from './regions.js';

/** No more regions than these are followed: where there are more, it snows. */
const mostFollowed = 64;
/** Regions of this share of the picture count at once. */
const largeShare = 0.015;
/** What stands out is followed through so many pictures at most. */
const outstandingPictures = 3;
/** A region is looked for within this part of its own size, and so many pixels more, on every side of where it was. */
const search = { ofSize: 0.7, pixels: 3 } as const;
/** A region is a followed one only where it has not become so many times larger or smaller. */
const sameSize = 3;
/** Something missed in one picture may be there again in the next. */
const missedAtMost = 1;
/** In pictures so far apart nothing can be followed: what counts must stand out, and be so many times the smallest. */
const apart = { ms: 700, timesSmallest: 5 } as const;
/** In pictures as far apart as this one does not count alone: so short a motion is the shortest that is asked for. */
const sparseMs = 300;
/** How much of the picture is near something is counted in so many places across and down. */
const places = 32;

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
 * of rain is not. The more clutter there is, the longer something has to be followed, as some is near other by chance.
 */
export class SteadyRegions {
  readonly #width: number;
  readonly #height: number;
  readonly #clutter: Clutter;
  #tracks = newTracks();
  #next = newTracks();
  #count = 0;
  /** Of each candidate: in how many pictures it has been seen. And how many were seen in so many, or more. */
  readonly #pictures: Int32Array;
  readonly #followed = new Int32Array(mostPictures + 1);

  /** @param mostCandidates in one picture; @param before in pictures of another size: it still snows */
  constructor(width: number, height: number, mostCandidates: number, before?: SteadyRegions) {
    this.#clutter = before ? before.#clutter : new Clutter();
    this.#width = width;
    this.#height = height;
    this.#pictures = new Int32Array(mostCandidates);
  }

  /**
   * Keeps those of the candidates that count, in front.
   * @param candidates regions that moved, `count` of them
   * @param smallest the area from which regions are looked at; @param sinceMs since the picture before
   * @returns how many count.
   */
  choose(regions: Regions, candidates: Int32Array, count: number, smallest: number, sinceMs: number): number {
    const together = sinceMs <= apart.ms;
    const { known, outstandingArea } = this.#clutter;
    const covered = this.#covered();
    const tracks = this.#count;
    const followedOn = this.#follow(regions, candidates, count);
    const needed = together ? Math.max(sinceMs > sparseMs ? 2 : 1, this.#clutter.picturesToFollow(this.#followed)) : Infinity;
    const outstanding = {
      pictures: together ? Math.min(needed, outstandingPictures) : 1,
      area: together ? outstandingArea : Math.max(outstandingArea, apart.timesSmallest * smallest),
    };
    const largeArea = together ? largeShare * this.#width * this.#height : Infinity;
    this.#clutter.turn(covered, tracks === 0 ? 0 : followedOn / tracks);
    let kept = 0;
    for (let each = 0; known && each < count; each++) {
      const region = candidates[each] ?? 0;
      const area = regions.area[region] ?? 0;
      const pictures = this.#pictures[each] ?? 0;
      if (pictures >= needed || (pictures >= outstanding.pictures && area >= outstanding.area) || area >= largeArea) {
        candidates[kept++] = region;
      }
    }
    return kept;
  }

  /** The share of the picture in which something would be taken for one of the picture before. */
  #covered(): number {
    if (this.#count === 0) {
      return 0;
    }
    let near = 0;
    for (let row = 0; row < places; row++) {
      const y = ((row + 0.5) * this.#height) / places;
      for (let column = 0; column < places; column++) {
        near += this.#anyNear(((column + 0.5) * this.#width) / places, y) ? 1 : 0;
      }
    }
    return near / places ** 2;
  }

  #anyNear(x: number, y: number): boolean {
    for (let each = 0; each < this.#count; each++) {
      const track = this.#tracks[each];
      if (track && isNear(track, x, y)) {
        return true;
      }
    }
    return false;
  }

  /** @returns how many regions of the picture before have one near them now. */
  #follow(regions: Regions, candidates: Int32Array, count: number): number {
    this.#followed.fill(0);
    let followedOn = 0;
    for (let each = 0; each < count; each++) {
      const region = candidates[each] ?? 0;
      const before = this.#picturesBefore(regions, region);
      if (before === 0) {
        this.#clutter.add(regions, region);
      } else {
        followedOn++;
      }
      this.#pictures[each] = before + 1;
      for (let pictures = 1; pictures <= Math.min(before + 1, mostPictures); pictures++) {
        this.#followed[pictures] = (this.#followed[pictures] ?? 0) + 1;
      }
      this.#remember(regions, region, each, before + 1);
    }
    this.#turn(Math.min(count, mostFollowed));
    return followedOn;
  }

  #picturesBefore(regions: Regions, region: number): number {
    const x = ((regions.left[region] ?? 0) + (regions.right[region] ?? 0)) / 2;
    const y = ((regions.top[region] ?? 0) + (regions.bottom[region] ?? 0)) / 2;
    const area = regions.area[region] ?? 0;
    let best: Track | undefined;
    for (let each = 0; each < this.#count; each++) {
      const track = this.#tracks[each];
      const fits = track && !track.seenAgain && isNear(track, x, y) && area < track.area * sameSize && track.area < area * sameSize;
      if (fits && track.pictures > (best?.pictures ?? 0)) {
        best = track;
      }
    }
    // Only one region is what another was: otherwise one by chance would soon be many.
    if (best) {
      best.seenAgain = true;
    }
    return best?.pictures ?? 0;
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

function newTracks(): Track[] {
  return Array.from({ length: mostFollowed }, () => ({ left: 0, right: 0, top: 0, bottom: 0, area: 0, pictures: 0, missed: 0, seenAgain: false }));
}

function isNear({ left, right, top, bottom }: Track, x: number, y: number): boolean {
  const across = search.ofSize * (right - left) + search.pixels;
  const down = search.ofSize * (bottom - top) + search.pixels;
  return x >= left - across && x <= right + across && y >= top - down && y <= bottom + down;
}
