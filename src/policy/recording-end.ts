/** When a running recording ends by itself. Pure; the caller brings what it has measured. */
export const recordingEndLimits = {
  /** A hub that has left so much unread does not come back: hap-nodejs keeps all of it in memory. */
  unreadBytes: 16 * 1024 * 1024,
  /** ...for so long: the past comes all at once. */
  unreadMs: 3_000,
  /** Where it cannot be seen what the hub reads, a recording is no larger... */
  blindBytes: 64 * 1024 * 1024,
  /** ...and no longer than this. */
  blindMs: 180_000,
  /** A camera that sends no picture for so long is gone, and the hub waits for the rest of the clip. Sooner than FFmpeg gives up (5 s) and writes a last one. */
  silentMs: 4_000,
  /** A fragment cannot be longer than this, whatever the camera does with its keyframes. */
  gopMs: 6_000,
} as const;

export interface RunningRecording {
  readonly lengthMs: number;
  readonly sentBytes: number;
  /** Of what was sent, what the hub has not taken yet; undefined where that cannot be seen. */
  readonly unreadBytes: number | undefined;
  /** For how long that has been too much. */
  readonly unreadMs: number;
  /** Since the newest picture. */
  readonly silentMs: number;
  /** Whether pictures go through FFmpeg. */
  readonly converted: boolean;
  /** Since the newest keyframe. */
  readonly gopMs: number;
}

export type RecordingEndCause = 'unread' | 'camera' | 'keyframes';

/** Why the recording is to end now; undefined while it goes on. */
export function whyEndRecording({ lengthMs, sentBytes, unreadBytes, unreadMs, silentMs, converted, gopMs }: RunningRecording): { readonly cause: RecordingEndCause; readonly because: string } | undefined {
  if (unreadBytes !== undefined && unreadBytes > recordingEndLimits.unreadBytes && unreadMs > recordingEndLimits.unreadMs) {
    return { cause: 'unread', because: `the hub has left ${megabytes(unreadBytes)} unread` };
  }
  if (unreadBytes === undefined && (sentBytes > recordingEndLimits.blindBytes || lengthMs > recordingEndLimits.blindMs)) {
    return { cause: 'unread', because: `it has reached ${Math.round(lengthMs / 1000)} s and ${megabytes(sentBytes)}` };
  }
  if (silentMs > recordingEndLimits.silentMs) {
    return { cause: 'camera', because: `${converted ? 'no picture came out of the conversion' : 'the camera has sent no picture'} for ${recordingEndLimits.silentMs / 1000} s` };
  }
  if (gopMs > recordingEndLimits.gopMs) {
    return { cause: 'keyframes', because: `the camera has sent no keyframe for ${recordingEndLimits.gopMs / 1000} s` };
  }
  return undefined;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
