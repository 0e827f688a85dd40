/**
 * Who is to blame where a connection ends that encodes on graphics hardware: FFmpeg rarely says, as what a broken camera sends and what broken
 * hardware makes of it fail alike. So the next connection of that camera is made in software: where it works, it was the hardware. One broken
 * camera must not take the hardware away from all. Pure.
 */

/** A connection that encoded ended by itself. */
export interface EncodingEnd {
  /** The code of its problem. */
  readonly problem: string;
  /** From the first to the last picture. */
  readonly healthyForMs: number;
  /** FFmpeg failed in the words of graphics hardware. */
  readonly inItsWords: boolean;
}

const encodingTrust = {
  /** Hardware that fails does so soon; who has worked for longer has most likely lost the camera. */
  soonMs: 60_000,
  /** In software it must work for so long, or for so many times as long as on the hardware, whichever is more. */
  proof: { atLeastMs: 10_000, times: 3 },
  /** Hardware that hangs gives nothing; where the camera is known to answer, and need not be waited on for a keyframe, that shows soon. */
  answersWithinMs: 10_000,
} as const;

/** What an encoder may fail with. */
const mayBeEncoding: readonly string[] = ['ffmpeg-failed', 'stream-unreadable', 'camera-silent', 'camera-no-keyframe', 'camera-closed'];
/** Each picture can be decoded by itself. */
const needsNoKeyframe: readonly string[] = ['mjpeg', 'rawvideo'];

/** Whether what was known of the picture may be wrong by now. */
export function failedAtOnce({ problem, healthyForMs }: Omit<EncodingEnd, 'inItsWords'>): boolean {
  return healthyForMs === 0 && mayBeEncoding.includes(problem);
}

/** 'unclear': software tells. */
export function whoFailed({ problem, healthyForMs, inItsWords }: EncodingEnd): 'hardware' | 'camera' | 'unclear' {
  if (!mayBeEncoding.includes(problem)) {
    return 'camera';
  }
  return inItsWords ? 'hardware' : healthyForMs < encodingTrust.soonMs ? 'unclear' : 'camera';
}

/** How long software must work until it is proven that the hardware, which did for `workedForMs`, was to blame. */
export function provenAfterMs(workedForMs: number): number {
  const { atLeastMs, times } = encodingTrust.proof;
  return Math.max(atLeastMs, times * workedForMs);
}

/** How long a first picture from hardware is waited for; undefined: as long as for every camera's. @param answers whether the camera has just shown what it sends. */
export function hardwareLimitMs(codec: string, answers: boolean): number | undefined {
  return answers && needsNoKeyframe.includes(codec) ? encodingTrust.answersWithinMs : undefined;
}
