import type { MotionZone } from '../config/motion-options.js';
import { weightOne, type Change } from './background.js';
import { Contrast } from './contrast.js';
import { Light } from './light.js';
import { LitRegions } from './lit-regions.js';
import { level } from './picture-grid.js';
import { mark } from './regions.js';
import { Scene } from './scene.js';
import { thresholdsFor, type Thresholds } from './sensitivity.js';

export interface DetectorSettings {
  /** 1 to 100. */
  readonly sensitivity: number;
  readonly zones: readonly MotionZone[];
}

export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  /** At least `width * height` bytes, row by row. */
  readonly luma: Uint8Array;
  readonly timeMs: number;
}

export interface MotionVerdict {
  readonly timeMs: number;
  /** 'learning' until the background is known; 'relearning' after a switched light, a moved camera or night vision. */
  readonly state: 'learning' | 'watching' | 'relearning';
  readonly moving: boolean;
  /** Share of the looked-at picture that changed, 0 to 1. */
  readonly changed: number;
  /** The largest moving region, in fractions of the picture; undefined where nothing moves. */
  readonly region: MotionRegion | undefined;
  /** In plain words. */
  readonly because: string;
}

export interface MotionRegion {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** At 5 pictures a second a picture has these weights in the background; further apart it has as much more, so that learning takes as long. */
const pictureMs = 200;
const weights = { calibrating: 0.2, calibratingDeviation: 0.05, quiet: 0.01, standing: 0.04, deviation: 0.01, deviationOnce: 0.002_5 } as const;
/** No picture alone becomes the background. */
const mostWeight = 0.5;

/** How long the background is learned, and from how many pictures at least. */
const lessons = {
  start: { ms: 4_000, pictures: 3, because: 'learning the background' },
  scene: { ms: 2_000, pictures: 2, because: 'a light was switched, or the camera moved' },
  gap: { ms: 2_000, pictures: 2, because: 'there was no picture for a while' },
  size: { ms: 400, pictures: 2, because: 'the pictures have another size' },
} as const;
type Lesson = (typeof lessons)[keyof typeof lessons];

interface CurrentLesson {
  readonly of: Lesson;
  readonly sinceMs: number;
  /** Since when the picture has held still. */
  calmSinceMs: number;
  pictures: number;
}

/** More of the picture than this changes only with the light. */
const switchedShare = 0.8;
/** While the background is learned anew it has to hold still: no more than this may differ from it, in a scene that is not given up on yet. */
const restlessShare = 0.3;
const longestLessonMs = 15_000;
/** A camera that was gone for so long may show another time of the day. */
const gapMs = 10_000;
/** Whatever the contrast: compression alone changes a picture by less than this, in levels of brightness. */
const leastDifference = 6;
/** The noise of the scene is exceeded by nothing but noise up to so many mean deviations. */
const noiseDeviations = 5;
/** Of the smallest region that counts so much has to differ from the picture just before too. */
const movedShare = 0.5;
/** In pixels of the grid. */
const smallestRegion = 6;
/** Something that moves for so long at one place becomes background. */
const movingMs = 2_000;
/** In pictures so far apart a light is there for one or two, and gone again: a cloud. In others a lamp is soon forgotten, and who comes shows. */
const passingMs = 700;
/** Standing still is told from a picture at least so old. */
const earlierMs = 300;

const stillness = {
  same: 'all is as it was',
  standing: 'what differs does not move, or is too small',
  lit: 'only the light changed',
  unsteady: 'what moves comes and goes, like rain',
} as const;
type Stillness = (typeof stillness)[keyof typeof stillness];

/** Finds motion in the pictures of one camera, which come in the order of their times. Pure: no clock, no I/O, no memory taken per picture. */
export class MotionDetector {
  readonly #settings: DetectorSettings;
  readonly #thresholds: Thresholds;
  readonly #contrast = new Contrast();
  readonly #light = new Light();
  readonly #lit = new LitRegions();
  readonly #change: Change = { everywhere: 0, lookedAt: 0 };
  #scene: Scene | undefined;
  #lesson: CurrentLesson | undefined;
  #lastMs = 0;
  #movingSinceMs: number | undefined;
  /** What is said of a picture without motion. */
  #stillness: Stillness = stillness.same;

  constructor(settings: DetectorSettings) {
    this.#settings = settings;
    this.#thresholds = thresholdsFor(settings.sensitivity);
  }

  /** @throws RangeError where it is no picture of a camera; the next one is looked at as if this one had not been. */
  look(picture: GreyPicture): MotionVerdict {
    const { timeMs } = picture;
    const before = this.#scene;
    const scene = this.#sceneOf(picture);
    scene.take(picture);
    this.#contrast.measure(scene.sums);
    const sinceMs = Math.max(0, timeMs - this.#lastMs);
    this.#lastMs = timeMs;
    if (!before || sinceMs > gapMs) {
      return this.#begin(scene, before ? lessons.gap : lessons.start, timeMs);
    }
    if (scene !== before && !this.#lesson) {
      this.#lesson = this.#newLesson(lessons.size, timeMs);
    }
    return this.#lesson ? this.#learn(scene, this.#lesson, timeMs, sinceMs) : this.#watch(scene, timeMs, sinceMs);
  }

  #sceneOf(picture: GreyPicture): Scene {
    if (picture.luma.length < picture.width * picture.height) {
      throw new RangeError(`A picture of ${picture.width}x${picture.height} has only ${picture.luma.length} bytes.`);
    }
    if (this.#scene?.isOf(picture)) {
      return this.#scene;
    }
    this.#scene = new Scene(picture, this.#settings.zones, this.#scene);
    return this.#scene;
  }

  /** Nothing of what was known holds any more. */
  #begin(scene: Scene, lesson: Lesson, timeMs: number): MotionVerdict {
    scene.background.begin(scene.sums);
    this.#contrast.restart();
    this.#lesson = this.#newLesson(lesson, timeMs);
    return this.#still(timeMs, 0, lesson.because);
  }

  #newLesson(of: Lesson, timeMs: number): CurrentLesson {
    this.#light.reset();
    this.#movingSinceMs = undefined;
    return { of, sinceMs: timeMs, calmSinceMs: timeMs, pictures: 1 };
  }

  #learn(scene: Scene, lesson: CurrentLesson, timeMs: number, sinceMs: number): MotionVerdict {
    lesson.pictures += 1;
    const weight = Math.max(1 / lesson.pictures, shareAfter(weights.calibrating, sinceMs));
    const deviationWeight = Math.max(1 / (lesson.pictures + 1), shareAfter(weights.calibratingDeviation, sinceMs));
    this.#light.fit(scene.sums, scene.background);
    const differed = scene.background.learn(scene.sums, this.#light, fixed(weight), fixed(deviationWeight), this.#leastDifference());
    const changed = differed / scene.grid.pixels;
    if (changed > restlessShare && timeMs - lesson.sinceMs < longestLessonMs) {
      lesson.calmSinceMs = timeMs;
    }
    const verdict = this.#still(timeMs, changed, lesson.of.because);
    if (timeMs - lesson.calmSinceMs >= lesson.of.ms && lesson.pictures >= lesson.of.pictures) {
      this.#lesson = undefined;
    }
    return verdict;
  }

  #watch(scene: Scene, timeMs: number, sinceMs: number): MotionVerdict {
    const { background, sums, mask, zone, grid } = scene;
    const change = this.#change;
    this.#light.fit(sums, background);
    const noise = background.noise();
    const least = Math.max(this.#leastDifference(), noise * noiseDeviations);
    background.mark(sums, scene.earlier(timeMs - earlierMs), this.#light, least, grid.width, zone, mask, change);
    if (change.everywhere > switchedShare * grid.pixels) {
      return this.#begin(scene, lessons.scene, timeMs);
    }
    this.#stillness = change.lookedAt > 0 ? stillness.standing : stillness.same;
    const count = change.lookedAt >= smallestRegion ? this.#findMoving(scene, noise, timeMs, sinceMs) : scene.steady.choose(scene.regions, scene.candidates, 0, 0, sinceMs);
    this.#follow(scene, count > 0, timeMs, sinceMs);
    const changed = scene.zonePixels === 0 ? 0 : change.lookedAt / scene.zonePixels;
    if (count === 0) {
      return this.#still(timeMs, changed, this.#stillness);
    }
    return { timeMs, state: 'watching', moving: true, changed, region: this.#largest(scene, count), because: 'something moves' };
  }

  /** @returns how many of the candidates move; they are marked so. */
  #findMoving(scene: Scene, noise: number, timeMs: number, sinceMs: number): number {
    const { regions, candidates, mask, grid } = scene;
    const smallest = Math.max(smallestRegion, this.#thresholds.area * grid.pixels);
    const found = regions.find(mask);
    let count = 0;
    for (let region = 0; region < found; region++) {
      if ((regions.area[region] ?? 0) >= smallest && (regions.moved[region] ?? 0) >= smallest * movedShare) {
        candidates[count++] = region;
      }
    }
    const unlit = this.#lit.takeAway(scene, count, this.#light.changes, noise, timeMs, sinceMs);
    const moving = scene.steady.choose(regions, candidates, unlit, smallest, sinceMs);
    this.#stillness = unlit > 0 ? stillness.unsteady : count > 0 ? stillness.lit : stillness.standing;
    for (let each = 0; each < moving; each++) {
      regions.paint(candidates[each] ?? 0, mask, mark.counted);
    }
    return moving;
  }

  #follow({ background, sums, mask }: Scene, moves: boolean, timeMs: number, sinceMs: number): void {
    this.#movingSinceMs = moves ? (this.#movingSinceMs ?? timeMs) : undefined;
    const movesLong = this.#movingSinceMs !== undefined && timeMs - this.#movingSinceMs >= movingMs;
    const quiet = fixed(shareAfter(weights.quiet, sinceMs));
    const standing = fixed(shareAfter(weights.standing, sinceMs));
    background.follow(sums, this.#light, mask, {
      quiet,
      standing,
      lit: sinceMs > passingMs ? standing : weightOne,
      counted: movesLong ? quiet : 0,
      deviation: fixed(shareAfter(weights.deviation, sinceMs)),
      deviationOnce: fixed(shareAfter(weights.deviationOnce, sinceMs)),
    });
  }

  #largest(scene: Scene, count: number): MotionRegion {
    const { regions, candidates } = scene;
    let largest = candidates[0] ?? 0;
    for (let each = 1; each < count; each++) {
      const region = candidates[each] ?? 0;
      largest = (regions.area[region] ?? 0) > (regions.area[largest] ?? 0) ? region : largest;
    }
    return scene.inFractions(regions.left[largest] ?? 0, regions.top[largest] ?? 0, regions.right[largest] ?? 0, regions.bottom[largest] ?? 0);
  }

  /** In sums. Stretching the contrast of both pictures would make differences larger; instead this becomes smaller. */
  #leastDifference(): number {
    return Math.max(leastDifference, (this.#thresholds.difference * this.#contrast.range) / 255) * level;
  }

  #still(timeMs: number, changed: number, because: string): MotionVerdict {
    return { timeMs, state: this.#state(), moving: false, changed, region: undefined, because };
  }

  #state(): MotionVerdict['state'] {
    if (!this.#lesson) {
      return 'watching';
    }
    return this.#lesson.of === lessons.start ? 'learning' : 'relearning';
  }
}

/** The weight of a picture that comes so long after the one before, where this is its weight at 5 pictures a second. */
function shareAfter(weight: number, sinceMs: number): number {
  return 1 - (1 - weight) ** (sinceMs / pictureMs);
}

function fixed(weight: number): number {
  return Math.max(1, Math.round(Math.min(mostWeight, weight) * weightOne));
}
