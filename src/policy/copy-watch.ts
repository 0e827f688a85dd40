import type { AccessUnit, VideoFormat } from '../media/access-unit.js';

/** What is measured of a stream is over some seconds; cameras change their rate with the light. */
const judgeEveryMs = 10_000;

/** What the pictures of a stream that is copied tell of it, seen one after the other. Pure. */
export class CopyWatch {
  #format: VideoFormat | undefined;
  #measured = false;
  #reordered = false;
  #lastTimeMs = -Infinity;
  #judgedMs = -Infinity;

  /** Whether pictures came out of order: B-frames, whatever the stream announces. */
  get reordered(): boolean {
    return this.#reordered;
  }

  /**
   * Whether this picture tells more of the stream than those before it, so that it is to be judged anew.
   * @param asked `measured`: whether the stream's rate is known by now, asked at keyframes; `bFrame`: whether the picture is one, asked of others.
   */
  learns(unit: AccessUnit, { measured, bFrame }: { readonly measured: () => boolean; readonly bFrame: () => boolean }): boolean {
    const reordered = !unit.keyframe && !this.#reordered && (unit.timeMs < this.#lastTimeMs || bFrame());
    const newlyMeasured = unit.keyframe && !this.#measured && measured();
    const learned = unit.format !== this.#format || reordered || newlyMeasured;
    this.#lastTimeMs = unit.timeMs;
    this.#format = unit.format;
    this.#reordered ||= reordered;
    this.#measured ||= newlyMeasured;
    return learned;
  }

  /** Whether it is time to look whether the stream has come over a limit; once for each time. */
  isDue({ keyframe, timeMs }: Pick<AccessUnit, 'keyframe' | 'timeMs'>): boolean {
    const due = keyframe && timeMs - this.#judgedMs >= judgeEveryMs;
    this.#judgedMs = due ? timeMs : this.#judgedMs;
    return due;
  }
}
