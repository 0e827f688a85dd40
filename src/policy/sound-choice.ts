/**
 * How a connection asks for the camera's sound. FFmpeg ends where it is asked for sound that the camera does not have or that the
 * container cannot hold; what was found out is remembered, so that each camera pays for that once. Pure.
 */
export type SoundAsk = 'mov' | 'mp4' | 'none';

/** 'absent': no microphone; 'unfit': the container cannot hold the sound. */
export type SoundTrouble = 'absent' | 'unfit';

export const soundTimes = {
  /** A camera that had no sound to keep is asked again with the first connection after this, in milliseconds. */
  againMs: 3_600_000,
  /** Where sound may have been why a connection failed, it is asked for again after this. */
  spareMs: 60_000,
} as const;

/** What is known of a camera's sound. `doubts`: how often a connection failed with sound, for a reason unknown, and the next one worked without. */
export type SoundKnowledge =
  | { readonly kind: 'asked'; readonly container: 'mov' | 'mp4'; readonly doubts: number }
  /** The last connection failed with sound; whether that was why shows without. */
  | { readonly kind: 'doubted'; readonly container: 'mov' | 'mp4'; readonly doubts: number }
  /** It works without, and goes on so for a while. */
  | { readonly kind: 'spared'; readonly container: 'mov' | 'mp4'; readonly doubts: number; readonly untilMs: number }
  | { readonly kind: 'none'; readonly untilMs: number; readonly because: string };

/** MOV holds nearly everything, Opus only MP4. */
export const firstSoundKnowledge: SoundKnowledge = { kind: 'asked', container: 'mov', doubts: 0 };

/** What happened to a connection. */
export type SoundEvent =
  /** It failed because of the sound alone. */
  | { readonly kind: 'trouble'; readonly trouble: SoundTrouble }
  /** It failed before the first picture, for a reason that may be the sound. */
  | { readonly kind: 'failed'; readonly asked: SoundAsk }
  /** The first picture is there. */
  | { readonly kind: 'works' };

/** How a connection that somebody wants sound of asks for it now. */
export function soundAsk(known: SoundKnowledge, nowMs: number): SoundAsk {
  switch (known.kind) {
    case 'asked':
      return known.container;
    case 'doubted':
      return 'none';
    case 'spared':
      return nowMs < known.untilMs ? 'none' : known.container;
    case 'none':
      return nowMs < known.untilMs ? 'none' : 'mov';
  }
}

/** What is known after this. */
export function soundAfter(known: SoundKnowledge, event: SoundEvent, nowMs: number): SoundKnowledge {
  const { container, doubts } = known.kind === 'none' ? { container: 'mov' as const, doubts: 0 } : known;
  const none = (because: string): SoundKnowledge => ({ kind: 'none', untilMs: nowMs + soundTimes.againMs, because });
  switch (event.kind) {
    case 'trouble':
      if (event.trouble === 'absent') {
        return none('the camera has no microphone');
      }
      return container === 'mov' ? { kind: 'asked', container: 'mp4', doubts } : none('its sound fits into no container');
    case 'failed':
      return event.asked === 'none' ? (known.kind === 'doubted' ? { kind: 'asked', container, doubts } : known) : { kind: 'doubted', container: event.asked, doubts };
    case 'works':
      if (known.kind !== 'doubted') {
        return known;
      }
      // Once may be chance: the camera was starting.
      return doubts > 0 ? none('the camera cannot be connected to with it') : { kind: 'spared', container, doubts: doubts + 1, untilMs: nowMs + soundTimes.spareMs };
  }
}
