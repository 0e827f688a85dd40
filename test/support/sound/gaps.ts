/** A stretch in which (nearly) nothing is heard. */
export interface SoundGap {
  /** From the first sample to its beginning. */
  readonly atMs: number;
  readonly ms: number;
}

const windowMs = 5;
const stepMs = 1;
/** Of full scale, below which everything is silence: -50 dB. */
const silence = 0.003;

/**
 * The stretches of a steady sound that are `longerThanMs` and more than 20 dB below its usual level; silence from beginning to end is one gap.
 * The level is that of 5 ms, so that a click in a gap does not divide it. Exact to about 1 ms.
 */
export function gaps(samples: Int16Array, sampleRate: number, longerThanMs = 40): SoundGap[] {
  const levels = soundLevels(samples, sampleRate);
  const usual = levels.toSorted().at(levels.length >> 1) ?? 0;
  const limit = Math.max(silence, usual / 10);
  const found: SoundGap[] = [];
  for (let index = 0; index < levels.length; index += 1) {
    const begun = index;
    while ((levels[index] ?? Infinity) < limit) {
      index += 1;
    }
    if (index > begun) {
      found.push({ atMs: begun * stepMs, ms: (index - begun - 1) * stepMs + windowMs });
    }
  }
  return found.filter(({ ms }) => ms > longerThanMs);
}

/** The effective value of each 5 ms, one per millisecond, 0 to 1. */
function soundLevels(samples: Int16Array, sampleRate: number): Float64Array {
  const length = Math.round((windowMs * sampleRate) / 1000);
  const count = Math.max(0, Math.floor(((samples.length - length) * 1000) / sampleRate / stepMs) + 1);
  return Float64Array.from({ length: count }, (_, index) => {
    const start = Math.round((index * stepMs * sampleRate) / 1000);
    const energy = samples.subarray(start, start + length).reduce((sum, sample) => sum + sample * sample, 0);
    return Math.sqrt(energy / length) / 32_768;
  });
}
