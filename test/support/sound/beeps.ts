/** A sound in which beeps are looked for, one channel. */
export interface BeepingSound {
  readonly sampleRate: number;
  /** When its first sample is heard. */
  readonly startSeconds: number;
  readonly samples: Int16Array;
}

/** A flash, and the beep nearest to it. */
export interface FlashAndBeep {
  readonly flashSeconds: number;
  /** Undefined where none begins within half a second. */
  readonly beepSeconds: number | undefined;
  /** How much later the beep is heard than the flash is seen; negative when it is earlier. */
  readonly soundLateMs: number | undefined;
}

/** What the simulated camera beeps with. */
const cameraBeepHz = 1000;
/** Five waves of that tone. */
const windowSeconds = 0.005;
const stepSeconds = 0.001;
/** Flash and beep come each second: further apart than half of one they cannot be told from their neighbours. */
const farthestSeconds = 0.5;
/** Of full scale, below which nothing is a beep: -40 dB. */
const quietest = 0.01;

/** For each flash with half a second of sound before and after it, the nearest beep. All times in seconds of one clock, `from` and `to` those of the sound. */
export function nearestBeeps(flashes: readonly number[], beeps: readonly number[], from: number, to: number): FlashAndBeep[] {
  return flashes
    .filter((flash) => flash - farthestSeconds >= from && flash + farthestSeconds <= to)
    .map((flashSeconds) => {
      const distances = beeps.map((beep) => beep - flashSeconds).sort((one, other) => Math.abs(one) - Math.abs(other));
      const nearest = distances.find((distance) => Math.abs(distance) <= farthestSeconds);
      return {
        flashSeconds,
        beepSeconds: nearest === undefined ? undefined : flashSeconds + nearest,
        soundLateMs: nearest === undefined ? undefined : nearest * 1000,
      };
    });
}

/** When beeps of this tone begin, in seconds: where it rises through half of its greatest strength, for then half of the window lies in it. */
export function beepOnsets({ sampleRate, startSeconds, samples }: BeepingSound, toneHz = cameraBeepHz): number[] {
  const length = Math.round(windowSeconds * sampleRate);
  const starts = Array.from({ length: Math.max(0, Math.floor((samples.length - length) / (stepSeconds * sampleRate))) }, (_, index) => Math.round(index * stepSeconds * sampleRate));
  const wave = toneWave(toneHz, length, sampleRate);
  const strengths = starts.map((start) => toneStrength(samples.subarray(start, start + length), wave));
  const loudest = strengths.reduce((most, each) => Math.max(most, each), 0);
  if (loudest < quietest) {
    return [];
  }
  const onsets: number[] = [];
  let isSilent = false;
  strengths.forEach((strength, index) => {
    const before = strengths[index - 1] ?? 0;
    if (isSilent && strength >= loudest / 2) {
      isSilent = false;
      const steps = index - (strength - loudest / 2) / (strength - before);
      onsets.push(startSeconds + steps * stepSeconds + windowSeconds / 2);
    } else if (strength < loudest / 5) {
      isSilent = true;
    }
  });
  return onsets;
}

/** The tone to compare with, made once: Jest makes `Math` slow, and recordings that are timed meanwhile must not wait for this. */
function toneWave(toneHz: number, length: number, sampleRate: number): readonly (readonly [cosine: number, sine: number])[] {
  return Array.from({ length }, (_, index) => {
    const angle = (2 * Math.PI * toneHz * index) / sampleRate;
    return [Math.cos(angle), Math.sin(angle)] as const;
  });
}

/** Amplitude of the tone in a piece of sound, 0 to 1. */
function toneStrength(samples: Int16Array, wave: ReturnType<typeof toneWave>): number {
  let real = 0;
  let imaginary = 0;
  wave.forEach(([cosine, sine], index) => {
    const sample = samples[index] ?? 0;
    real += sample * cosine;
    imaginary += sample * sine;
  });
  return (2 * Math.hypot(real, imaginary)) / wave.length / 32_768;
}
