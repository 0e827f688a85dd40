import { nearestAbove } from './nearest-above.js';

/** A picture of the past that is still encoded, as the choice sees it. */
export interface MomentFacts {
  readonly width: number;
  readonly height: number;
  /** From its keyframe on: all of these are decoded to see the last. */
  readonly pictures: number;
}

/** What a small machine (a Raspberry Pi 4) decodes in the time that Home waits for a snapshot. */
export const mostPixels = 250_000_000;

/**
 * Which of these pictures of the same moment answers for one of this width: the smallest that is at least so wide, else the widest;
 * of those that can be decoded in time, where there are any. `whole` is false where it cannot: its keyframe has to do.
 */
export function chooseMoment<Facts extends MomentFacts>(moments: readonly Facts[], width: number): { readonly moment: Facts; readonly whole: boolean } | undefined {
  const inTime = moments.filter((moment) => moment.width * moment.height * moment.pictures <= mostPixels);
  const moment = nearestAbove(width, inTime.length > 0 ? inTime : moments, (each) => each.width);
  return moment && { moment, whole: inTime.length > 0 };
}
