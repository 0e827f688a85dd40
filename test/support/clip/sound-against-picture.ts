import { beepOnsets, nearestBeeps, type FlashAndBeep } from '../sound/beeps.js';
import type { DecodedClip } from './decode.js';

export type { FlashAndBeep } from '../sound/beeps.js';

/**
 * How far the camera's beeps (1 kHz) are from its flashes, for each flash that begins in the clip and has half a second
 * of sound before and after it. A picture whose marks cannot be read begins no flash, nor does the one after it.
 * Exact to one picture for the flash and about 1 ms for the beep.
 */
export function soundAgainstPicture({ pictures, sound }: Pick<DecodedClip, 'pictures' | 'sound'>): FlashAndBeep[] {
  return sound ? nearestBeeps(flashOnsets(pictures), beepOnsets(sound), sound.startSeconds, sound.startSeconds + sound.samples.length / sound.sampleRate) : [];
}

function flashOnsets(pictures: DecodedClip['pictures']): number[] {
  return pictures.flatMap(({ timeSeconds, marks }, index) => (marks?.flash === true && pictures[index - 1]?.marks?.flash === false ? [timeSeconds] : []));
}
