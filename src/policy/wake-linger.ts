/** How long a camera stays connected that was woken for a snapshot which nothing followed. */
export const wakeLinger = {
  /** So long at most... */
  longestMs: 10_000,
  /** ...and no more than this share of the idle timeout: it sleeps for as long as that in between. */
  shareOfIdleTimeout: 0.1,
  /** Who asks after so many idle timeouts without a question is somebody new. */
  forgottenAfterIdleTimeouts: 12,
} as const;

export interface WakeQuestion {
  /** How often the camera was used, other than for snapshots, since one woke it last; undefined: none did yet. */
  readonly usesSinceWake: number | undefined;
  /** How long before this snapshot the last one was asked for. */
  readonly quietForMs: number;
  readonly idleTimeoutMs: number;
}

export interface WakeChoice {
  readonly lingerMs: number;
  readonly because: string;
}

/**
 * How long a camera stays connected after a snapshot has woken it. Who opens Home and looks at the tiles is about to tap on one; where
 * that was expected in vain, it is a dashboard that asks all day.
 */
export function chooseLinger({ usesSinceWake, quietForMs, idleTimeoutMs }: WakeQuestion): WakeChoice {
  if (usesSinceWake === undefined || quietForMs >= wakeLinger.forgottenAfterIdleTimeouts * idleTimeoutMs) {
    return { lingerMs: idleTimeoutMs, because: 'somebody may be about to look' };
  }
  return usesSinceWake > 0 ? { lingerMs: idleTimeoutMs, because: 'it was used after it was last woken' } : { lingerMs: shortLingerMs(idleTimeoutMs), because: 'nobody looked after it was last woken' };
}

/** For a look in passing. */
export function shortLingerMs(idleTimeoutMs: number): number {
  return Math.min(wakeLinger.longestMs, wakeLinger.shareOfIdleTimeout * idleTimeoutMs);
}
