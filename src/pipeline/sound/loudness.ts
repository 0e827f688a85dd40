/** How a microphone or a speaker is set in the Home app. */
export interface Loudness {
  readonly muted: boolean;
  /** 0 to 100. */
  readonly volume: number;
}

/** As each is set at first. */
export const fullLoudness: Loudness = { muted: false, volume: 100 };
