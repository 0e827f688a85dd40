/** How a microphone or a speaker is set in the Home app. */
export interface Loudness {
  readonly muted: boolean;
  /** 0 to 100. */
  readonly volume: number;
}

/** Whether nothing is to be heard of it: a volume of 0 is no whisper. */
export function isSilent({ muted, volume }: Loudness): boolean {
  return muted || volume === 0;
}

/** As each is set at first. */
export const fullLoudness: Loudness = { muted: false, volume: 100 };
