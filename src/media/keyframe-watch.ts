import type { AccessUnit } from './access-unit.js';
import { beginsOpenGop } from './nal.js';

/** A stream that has had no IDR picture for so long is taken for one that has none but the first. */
const longestGopMs = 10_000;

/**
 * Tells which I pictures with a recovery point SEI are keyframes of a stream of H.264. Some cameras send such pictures between their IDR pictures; only
 * where there are no others does decoding begin there.
 */
export class KeyframeWatch {
  #idrMs = -Infinity;

  /** @returns the unit itself, or an ordinary picture in place of a keyframe that is none in this stream. */
  judged(unit: AccessUnit): AccessUnit {
    if (!unit.keyframe || unit.format.codec !== 'h264') {
      return unit;
    }
    if (beginsOpenGop('h264', unit.data)) {
      return unit.decodeTimeMs - this.#idrMs < longestGopMs ? { ...unit, keyframe: false } : unit;
    }
    this.#idrMs = unit.decodeTimeMs;
    return unit;
  }

  /** Another connection begins. */
  reset(): void {
    this.#idrMs = -Infinity;
  }
}
