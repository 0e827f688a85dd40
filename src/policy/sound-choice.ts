import type { Microphone } from '../media/sdp.js';

/** How a camera's sound is taken: MOV holds nearly everything, Opus only MP4. */
export type SoundContainer = 'mov' | 'mp4';

/**
 * How a connection asks for the camera's sound. FFmpeg ends where it is asked for sound that the camera does not have or that the
 * container cannot hold. So the camera is asked to describe its sound first; what it does not say is found out by trying, and
 * remembered, so that each camera pays for that once. Pure.
 */
export type SoundAsk = SoundContainer | 'none';

/** 'absent': no microphone; 'unfit': the container cannot hold the sound. */
export type SoundTrouble = 'absent' | 'unfit';

export const soundTimes = {
  /** A camera that had no sound to keep is asked again with the first connection after this, in milliseconds. */
  againMs: 3_600_000,
  /** Where sound may have been why a connection failed, it is asked for again after this. */
  spareMs: 60_000,
  /** A connection waits no longer for the camera's description. */
  describeWithinMs: 2_000,
} as const;

/** What is known of a camera's sound. `doubts`: how often a connection failed with sound, for a reason unknown, and the next one worked without. */
export type SoundKnowledge =
  /** Nothing yet. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'asked'; readonly container: SoundContainer; readonly doubts: number }
  /** The last connection failed with sound; whether that was why shows without. */
  | { readonly kind: 'doubted'; readonly container: SoundContainer; readonly doubts: number }
  /** It works without, and goes on so for a while. */
  | { readonly kind: 'spared'; readonly container: SoundContainer; readonly doubts: number; readonly untilMs: number }
  /** `microphone`: it has one all the same. */
  | { readonly kind: 'none'; readonly untilMs: number; readonly microphone: boolean; readonly because: string };

export const firstSoundKnowledge: SoundKnowledge = { kind: 'unknown' };

/** Where nothing else is known. */
const firstAsked = { container: 'mov', doubts: 0 } as const;

/** Sound that MOV does not hold, by its name in the camera's description. */
const notInMov: ReadonlyMap<string, 'mp4' | 'unfit'> = new Map([
  ['opus', 'mp4'],
  ['g726', 'unfit'],
]);

/** What happened to a connection, or before it. */
export type SoundEvent =
  /** The camera has answered, or could not be waited for any longer. */
  | { readonly kind: 'described'; readonly microphone: Microphone }
  /** It failed because of the sound alone. */
  | { readonly kind: 'trouble'; readonly trouble: SoundTrouble }
  /** It failed before the first picture, for a reason that may be the sound. */
  | { readonly kind: 'failed'; readonly asked: SoundAsk }
  /** The first picture is there. */
  | { readonly kind: 'works'; readonly asked: SoundAsk };

/** Whether the next connection is to wait for what the camera says of its sound. */
export function isToBeDescribed(known: SoundKnowledge, nowMs: number): boolean {
  return known.kind === 'unknown' || (known.kind === 'none' && nowMs >= known.untilMs);
}

/** How a connection that is to have sound asks for it now. */
export function soundAsk(known: SoundKnowledge, nowMs: number): SoundAsk {
  switch (known.kind) {
    case 'unknown':
      return firstAsked.container;
    case 'asked':
      return known.container;
    case 'doubted':
      return 'none';
    case 'spared':
      return nowMs < known.untilMs ? 'none' : known.container;
    case 'none':
      return nowMs < known.untilMs ? 'none' : firstAsked.container;
  }
}

/** What is known after this. */
export function soundAfter(known: SoundKnowledge, event: SoundEvent, nowMs: number): SoundKnowledge {
  const { container, doubts } = known.kind === 'unknown' || known.kind === 'none' ? firstAsked : known;
  const none = (microphone: boolean, because: string): SoundKnowledge => ({ kind: 'none', untilMs: nowMs + soundTimes.againMs, microphone, because });
  const without = (trouble: SoundTrouble): SoundKnowledge => (trouble === 'absent' ? none(false, 'the camera has no microphone') : none(true, 'its sound fits into no container'));
  switch (event.kind) {
    case 'described': {
      const fit = fitFor(event.microphone);
      return fit === 'mov' || fit === 'mp4' ? { kind: 'asked', container: fit, doubts } : without(fit);
    }
    case 'trouble':
      return event.trouble === 'unfit' && container === 'mov' ? { kind: 'asked', container: 'mp4', doubts } : without(event.trouble);
    case 'failed':
      return event.asked === 'none' ? (known.kind === 'doubted' ? { kind: 'asked', container, doubts } : known) : { kind: 'doubted', container: event.asked, doubts };
    case 'works':
      if (event.asked !== 'none') {
        return known.kind === 'asked' ? known : { kind: 'asked', container: event.asked, doubts };
      }
      if (known.kind !== 'doubted') {
        return known;
      }
      // Once may be chance: the camera was starting.
      return doubts > 0 ? none(true, 'the camera cannot be connected to with it') : { kind: 'spared', container, doubts: doubts + 1, untilMs: nowMs + soundTimes.spareMs };
  }
}

/** What holds the sound as the camera describes it. */
function fitFor(microphone: Microphone): SoundContainer | SoundTrouble {
  switch (microphone.kind) {
    case 'none':
      return 'absent';
    case 'unknown':
      return firstAsked.container;
    case 'offered': {
      const [codec = '', ...others] = new Set(microphone.codecs);
      // Which of several FFmpeg takes, and the camera sends, shows by trying.
      return others.length > 0 ? firstAsked.container : (notInMov.get(codec) ?? 'mov');
    }
  }
}
