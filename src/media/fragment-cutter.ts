import type { AccessUnit } from './access-unit.js';

/** The fragment length that we offer to HomeKit, and that it selects (CameraRecordingConfiguration: mediaContainerConfigurations). */
const defaultLimitMs = 4000;

/** Cameras round their times, so that a GOP of four seconds lasts a few ms more now and then. */
const toleranceMs = 10;

/**
 * Cuts the access units of one stream into groups of whole GOPs, each as long as fits into the limit and given out as soon as it is
 * clear that no further GOP fits: a GOP in progress is taken to become as long as the one before it. A single GOP that is longer than
 * the limit is given out whole. All times are decode times, in milliseconds.
 */
export class FragmentCutter {
  readonly #limitMs: number;
  #units: AccessUnit[] = [];
  /** Where in `#units` the GOP in progress begins; 0 where it is the group's only one. */
  #gopIndex = 0;
  #groupStartMs = 0;
  #gopStartMs = 0;
  #newestMs = 0;
  #lastGopMs = 0;

  /** @param limitMs how long a group may last, from its first unit to the next group's first; 10 ms more are let pass. */
  constructor(limitMs = defaultLimitMs) {
    this.#limitMs = limitMs + toleranceMs;
  }

  /** When the group in progress begins, and so the one given out last ends: `endMs` for `ClipWriter.fragment`. */
  get groupStartMs(): number {
    return this.#groupStartMs;
  }

  /** How long the GOP in progress is already, from its keyframe to the newest unit. */
  get gopMs(): number {
    return this.#newestMs - this.#gopStartMs;
  }

  /**
   * Takes the next unit, in decoding order; the very first must be a keyframe. Gives a group that is complete now: it lasts to the
   * keyframe that follows on it (`groupStartMs` from then on), which came with this call or with an earlier one.
   */
  push(unit: AccessUnit): readonly AccessUnit[] | undefined {
    this.#newestMs = unit.decodeTimeMs;
    let group: readonly AccessUnit[] | undefined;
    if (this.#units.length === 0) {
      this.#groupStartMs = unit.decodeTimeMs;
      this.#gopStartMs = unit.decodeTimeMs;
    } else if (unit.keyframe) {
      group = this.#cutBefore(unit.decodeTimeMs);
      this.#lastGopMs = unit.decodeTimeMs - this.#gopStartMs;
      this.#gopIndex = this.#units.length;
      this.#gopStartMs = unit.decodeTimeMs;
    }
    this.#units.push(unit);
    return group ?? this.#cutBefore(Math.max(unit.decodeTimeMs, this.#gopStartMs + this.#lastGopMs));
  }

  /** What is left: one group, empty only where nothing was pushed since. The cutter is as new afterwards. */
  end(): readonly AccessUnit[] {
    const group = this.#units;
    this.#units = [];
    this.#gopIndex = 0;
    this.#lastGopMs = 0;
    this.#gopStartMs = this.#newestMs;
    return group;
  }

  /** The group without the GOP in progress, where with it the group would last too long. */
  #cutBefore(gopEndMs: number): readonly AccessUnit[] | undefined {
    if (this.#gopIndex === 0 || gopEndMs - this.#groupStartMs <= this.#limitMs) {
      return undefined;
    }
    const group = this.#units;
    this.#units = group.splice(this.#gopIndex);
    this.#gopIndex = 0;
    this.#groupStartMs = this.#gopStartMs;
    return group;
  }
}

/** The longest a picture is shown at the end of a clip, where none follows. */
const lastPictureMs = 1_000;

/**
 * What is left of a clip at its end (`FragmentCutter.end`, not empty), and until when it is shown; no longer than `limitMs`, so
 * that of a GOP without end the first part is kept.
 */
export function lastFragment(left: readonly AccessUnit[], limitMs = defaultLimitMs): { readonly units: readonly AccessUnit[]; readonly endMs: number } {
  const startMs = left[0]?.decodeTimeMs ?? 0;
  const units = left.filter((unit) => unit.decodeTimeMs - startMs < limitMs);
  const lastMs = units.at(-1)?.decodeTimeMs ?? startMs;
  const shownMs = Math.min(Math.max(lastMs - (units.at(-2)?.decodeTimeMs ?? lastMs), 1), lastPictureMs);
  return { units, endMs: Math.min(left[units.length]?.decodeTimeMs ?? lastMs + shownMs, startMs + limitMs) };
}
