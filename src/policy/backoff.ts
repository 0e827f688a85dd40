/** How long to wait before a camera is tried again. Pure; the caller brings chance and time. */
export const reconnect = {
  firstMs: 1_000,
  /** Longest wait while a view or a recording waits: 3 s and a keyframe every 2 s bring the picture back within 6 s. */
  longestWaitedForMs: 3_000,
  longestMs: 60_000,
  /** Healthy packets for so long, and the next failure counts as the first again. */
  healthyMs: 30_000,
  /** No packet for so long counts as dead. */
  deadAfterMs: 10_000,
  /** The first picture is a keyframe, and some cameras take their time for one. */
  firstPictureWithinMs: 30_000,
  /** Share of the wait that is left to chance, so that cameras behind one switch do not come back in step. */
  jitter: 0.2,
} as const;

/** Failures after which the wait stays shorter, by the code of the problem; in milliseconds. */
const longestMsAfter: Readonly<Record<string, number>> = {
  // What is plugged in again is to come back at once, and to look whether it is there costs no camera and no network anything.
  'device-missing': 5_000,
};

export interface ReconnectQuestion {
  /** Failures in a row, this one included: 1 or more. */
  readonly failures: number;
  /** Whether somebody is looking at a waiting picture. */
  readonly waitedFor: boolean;
  /** The code of what went wrong last, with a camera. */
  readonly problem?: string | undefined;
  /** 0 to 1. */
  readonly chance: number;
}

/** Milliseconds until the next try: 1 s, doubling, up to 3 s while somebody waits, else up to 60 s, or less after some problems; never above these. */
export function reconnectDelayMs({ failures, waitedFor, problem = '', chance }: ReconnectQuestion): number {
  const longest = waitedFor ? reconnect.longestWaitedForMs : (longestMsAfter[problem] ?? reconnect.longestMs);
  const doubled = reconnect.firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 16);
  return Math.round(Math.min(doubled, longest) * (1 - reconnect.jitter * chance));
}

/** How many failures in a row to count after a connection that delivered packets for `healthyMs`. */
export function failuresAfter(previous: number, healthyForMs: number): number {
  return healthyForMs >= reconnect.healthyMs ? 1 : previous + 1;
}

/** An FFmpeg that decodes or encodes, fails, and has no other to take its place. */
const restart = { firstMs: 250, longestMs: 30_000 } as const;

/** @param failures how often in a row. */
export function restartDelayMs(failures: number): number {
  return Math.min(restart.firstMs * 2 ** (failures - 1), restart.longestMs);
}
