import type { ClipSound, DecodedClip } from './decode.js';

/** A flash that begins in the clip, and the beep nearest to it. */
export interface FlashAndBeep {
  readonly flashSeconds: number;
  /** Undefined where none begins within half a second. */
  readonly beepSeconds: number | undefined;
  /** How much later the beep is heard than the flash is seen; negative when it is earlier. */
  readonly soundLateMs: number | undefined;
}

const toneHz = 1000;
/** Five waves of the tone. */
const windowSeconds = 0.005;
const stepSeconds = 0.001;
/** Flash and beep come each second: further apart than half of one they cannot be told from their neighbours. */
const farthestSeconds = 0.5;
/** Of full scale, below which nothing is a beep: -40 dB. */
const quietest = 0.01;

/**
 * How far the camera's beeps (1 kHz) are from its flashes, for each flash that begins in the clip and has half a second
 * of sound before and after it. A picture whose marks cannot be read begins no flash, nor does the one after it.
 * Exact to one picture for the flash and about 1 ms for the beep.
 */
export function soundAgainstPicture({ pictures, sound }: Pick<DecodedClip, 'pictures' | 'sound'>): FlashAndBeep[] {
  const beeps = sound ? beepOnsets(sound) : [];
  const soundFrom = sound?.startSeconds ?? Infinity;
  const soundTo = sound ? sound.startSeconds + sound.samples.length / sound.sampleRate : -Infinity;
  return flashOnsets(pictures)
    .filter((flash) => flash - farthestSeconds >= soundFrom && flash + farthestSeconds <= soundTo)
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

function flashOnsets(pictures: DecodedClip['pictures']): number[] {
  return pictures.flatMap(({ timeSeconds, marks }, index) => (marks?.flash === true && pictures[index - 1]?.marks?.flash === false ? [timeSeconds] : []));
}

/** Where the tone rises through half of its greatest strength: then half of the window lies in it. */
function beepOnsets({ sampleRate, startSeconds, samples }: ClipSound): number[] {
  const length = Math.round(windowSeconds * sampleRate);
  const starts = Array.from({ length: Math.max(0, Math.floor((samples.length - length) / (stepSeconds * sampleRate))) }, (_, index) => Math.round(index * stepSeconds * sampleRate));
  const wave = toneWave(length, sampleRate);
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
function toneWave(length: number, sampleRate: number): readonly (readonly [cosine: number, sine: number])[] {
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
