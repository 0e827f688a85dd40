import type { Microphone } from '../media/sdp.js';

/** How a camera's sound is taken as it is: MOV holds nearly everything, Opus only MP4. */
export type SoundContainer = 'mov' | 'mp4';

/**
 * 'adts': AAC as MPEG-TS has it, whose frames each have a header that no container wants. 'encoded': made into AAC where it comes in, for
 * all who listen: what no container holds, or nobody here could read.
 */
export type SoundForm = SoundContainer | 'adts' | 'encoded';

/**
 * How a connection asks for the camera's sound. FFmpeg ends where it is asked for sound that the camera does not have or that the
 * container cannot hold. So the camera is asked to describe its sound first; what it does not say is found out by trying, and
 * remembered, so that each camera pays for that once. Pure.
 */
export type SoundAsk = SoundForm | 'none';

/** 'absent': no microphone; 'mp4', 'adts': it has to be taken in this form; 'unfit': it cannot be kept as it is. */
export type SoundTrouble = 'absent' | 'mp4' | 'adts' | 'unfit';

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
  | { readonly kind: 'asked'; readonly form: SoundForm; readonly doubts: number }
  /** The last connection failed with sound; whether that was why shows without. */
  | { readonly kind: 'doubted'; readonly form: SoundForm; readonly doubts: number }
  /** It works without, and goes on so for a while. */
  | { readonly kind: 'spared'; readonly form: SoundForm; readonly doubts: number; readonly untilMs: number }
  /** `microphone`: it has one all the same. */
  | { readonly kind: 'none'; readonly untilMs: number; readonly microphone: boolean; readonly because: string };

export const firstSoundKnowledge: SoundKnowledge = { kind: 'unknown' };

/** Where nothing else is known. */
const firstAsked = { form: 'mov', doubts: 0 } as const;

/** The form of sound that MOV does not hold, by its name in the camera's description. */
const notInMov: ReadonlyMap<string, SoundForm> = new Map([
  ['opus', 'mp4'],
  ['g726', 'encoded'],
]);

/** Sound that is kept as it comes, by its name in `AudioFormat`: whoever makes something of it reads all of these. */
const keptAsItIs: ReadonlySet<string> = new Set(['aac', 'pcm_mulaw', 'pcm_alaw', 'opus', 'mp3', 'sowt', 'twos']);

/** Whether sound that came in a container can be made something of. */
export function isKeptAsItIs(codec: string): boolean {
  return keptAsItIs.has(codec);
}

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
      return firstAsked.form;
    case 'asked':
      return known.form;
    case 'doubted':
      return 'none';
    case 'spared':
      return nowMs < known.untilMs ? 'none' : known.form;
    case 'none':
      return nowMs < known.untilMs ? 'none' : firstAsked.form;
  }
}

/** What is known after this. */
export function soundAfter(known: SoundKnowledge, event: SoundEvent, nowMs: number): SoundKnowledge {
  const { form, doubts } = known.kind === 'unknown' || known.kind === 'none' ? firstAsked : known;
  const none = (microphone: boolean, because: string): SoundKnowledge => ({ kind: 'none', untilMs: nowMs + soundTimes.againMs, microphone, because });
  const asked = (next: SoundForm): SoundKnowledge => ({ kind: 'asked', form: next, doubts });
  switch (event.kind) {
    case 'described': {
      const fit = formFor(event.microphone);
      return fit === 'absent' ? none(false, noMicrophone) : asked(fit);
    }
    case 'trouble':
      if (event.trouble === 'absent') {
        return none(false, noMicrophone);
      }
      return form === 'encoded' ? none(true, 'it cannot be decoded') : asked(event.trouble === 'unfit' || form !== 'mov' ? 'encoded' : event.trouble);
    case 'failed':
      return event.asked === 'none' ? (known.kind === 'doubted' ? asked(form) : known) : { kind: 'doubted', form: event.asked, doubts };
    case 'works':
      if (event.asked !== 'none') {
        return known.kind === 'asked' ? known : asked(event.asked);
      }
      if (known.kind !== 'doubted') {
        return known;
      }
      // Once may be chance: the camera was starting.
      return doubts > 0 ? none(true, 'the camera cannot be connected to with it') : { kind: 'spared', form, doubts: doubts + 1, untilMs: nowMs + soundTimes.spareMs };
  }
}

const noMicrophone = 'the camera has no microphone';

/** How the sound is taken that a camera describes. */
function formFor(microphone: Microphone): SoundForm | 'absent' {
  switch (microphone.kind) {
    case 'none':
      return 'absent';
    case 'unknown':
      return firstAsked.form;
    case 'offered': {
      const [codec = '', ...others] = new Set(microphone.codecs);
      // Which of several FFmpeg takes, and the camera sends, shows by trying.
      return others.length > 0 ? firstAsked.form : (notInMov.get(codec) ?? 'mov');
    }
  }
}
