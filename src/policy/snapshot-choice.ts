import { fitJpeg } from './jpeg-fit.js';
import { nearestAbove } from './nearest-above.js';
import { fitInto } from './rendition-choice.js';

/** Limits of the snapshot answer (HAP warns at 8 s, iOS gives up on a tile sooner). */
export const snapshotLimits = {
  /** Longest wait for a camera that is being started, in milliseconds. */
  waitForCameraMs: 4_000,
  /** The same for a camera that was tried and is not there: a wall of tiles must not take seconds each to say so. */
  waitForFailingMs: 1_000,
  /** Nothing takes longer... */
  answerWithinMs: 4_500,
  /** ...so that so long before, what is at hand takes the picture's place... */
  substituteMs: 300,
  /** ...and has been drawn since then, because on a small machine that takes a while. */
  prepareSubstituteMs: 2_000,
  /** The picture of an event may take so long to be decoded; the keyframe before it takes its place then. */
  momentMs: 2_500,
  /** Writing onto an old picture when it was taken may take so long; the plain picture takes its place then. */
  captionMs: 2_000,
  /** A decoded picture is as good as a keyframe for so long. */
  frameMs: 1_000,
  /** An older last picture is not shown while the camera should be there. */
  lastGoodMs: 60_000,
} as const;

/** One stream of the camera as the snapshot sees it. */
export interface SnapshotStream {
  readonly name: 'main' | 'sub';
  /** `asleep`: not connected, on purpose. `starting`: being connected. `failing`: tried in vain, and tried again. */
  readonly state: 'asleep' | 'starting' | 'failing' | 'live';
  readonly width: number | undefined;
  readonly height?: number | undefined;
  /** The newest decoded picture; undefined where nothing is being decoded. */
  readonly frame?: { readonly width: number; readonly ageMs: number } | undefined;
  /** The newest JPEG as the camera sent it; undefined where it sends none, or not as it is to be shown. `goodForMs`: after that it is old. */
  readonly jpeg?: { readonly width: number; readonly height: number; readonly bytes: number; readonly ageMs: number; readonly goodForMs: number } | undefined;
  /** Whether the present connection has delivered a keyframe. */
  readonly hasKeyframe: boolean;
  /** It sleeps, and was not there when it was last needed. */
  readonly lastFailed: boolean;
}

export interface SnapshotQuestion {
  readonly width: number;
  readonly height: number;
  readonly streams: readonly SnapshotStream[];
  /** Age of the last good picture of any stream. */
  readonly lastGoodMs: number | undefined;
  /** How long the camera has been asleep; undefined while it is awake. */
  readonly asleepForMs: number | undefined;
  readonly idleTimeoutMs: number;
  /** Whether there is an address of a still picture, and hope that it gives one. */
  readonly stillImage: boolean;
}

export type SnapshotChoice =
  | { readonly from: 'jpeg'; readonly stream: 'main' | 'sub'; readonly because: string }
  | { readonly from: 'frame'; readonly stream: 'main' | 'sub'; readonly because: string }
  | { readonly from: 'keyframe'; readonly stream: 'main' | 'sub'; readonly because: string }
  /** Fetched, without connecting the camera. Where that fails, the choice without it follows. */
  | { readonly from: 'stillImage'; readonly because: string }
  | { readonly from: 'lastGood'; readonly because: string }
  | { readonly from: 'wait'; readonly stream: 'main' | 'sub'; readonly longestMs: number; readonly because: string };

/** Where a snapshot comes from. What follows when waiting was in vain is `afterWaiting`. */
export function chooseSnapshot(question: SnapshotQuestion): SnapshotChoice {
  const ready = question.streams.filter((stream) => stream.state === 'live' && stream.hasKeyframe);
  const sent = ready.find((stream) => hasJpeg(stream, ready, question));
  if (sent?.jpeg) {
    return { from: 'jpeg', stream: sent.name, because: `newest JPEG of the ${sent.name} stream as the camera sent it, as ${fitJpeg(sent.jpeg, question).because}` };
  }
  const decoded = question.streams.filter((stream) => hasFrame(stream, ready, question)).sort((a, b) => (a.frame?.width ?? 0) - (b.frame?.width ?? 0))[0];
  if (decoded) {
    return { from: 'frame', stream: decoded.name, because: `newest decoded picture of the ${decoded.name} stream` };
  }
  const best = nearestAbove(question.width, ready, widthOf);
  if (best) {
    return { from: 'keyframe', stream: best.name, because: `newest keyframe of the ${best.name} stream` };
  }
  if (question.stillImage) {
    return { from: 'stillImage', because: 'the camera is not connected, and has a still picture' };
  }
  const sleptShortly = question.asleepForMs !== undefined && question.asleepForMs < question.idleTimeoutMs;
  if (sleptShortly && afterWaiting(question.lastGoodMs, sleepsOnPurpose(question)) === 'lastGood') {
    return { from: 'lastGood', because: 'the camera sleeps, and was awake a moment ago' };
  }
  // A stream that is on its way is soonest there; one that fails may be the only one that does.
  const starting = question.streams.find((stream) => stream.state === 'starting');
  const asleep = question.streams.filter((stream) => stream.state === 'asleep');
  const hopeful = asleep.filter((stream) => !stream.lastFailed);
  const wait = starting ?? nearestAbove(question.width, hopeful.length > 0 ? hopeful : asleep, widthOf);
  if (!wait) {
    return { from: 'wait', stream: question.streams[0]?.name ?? 'main', longestMs: snapshotLimits.waitForFailingMs, because: 'the camera is not there' };
  }
  const longestMs = wait.lastFailed ? snapshotLimits.waitForFailingMs : snapshotLimits.waitForCameraMs;
  return { from: 'wait', stream: wait.name, longestMs, because: starting ? 'the camera is being connected' : 'the camera is woken' };
}

/** Whether what the camera sends is fresh, large enough, and not so large that it is to be scaled first. */
function hasJpeg({ jpeg }: SnapshotStream, ready: readonly SnapshotStream[], asked: Pick<SnapshotQuestion, 'width' | 'height'>): boolean {
  return jpeg !== undefined && jpeg.ageMs <= jpeg.goodForMs && jpeg.width >= widthAtHand(ready, asked) && fitJpeg(jpeg, asked).copied;
}

/** Whether what is decoded anyway is fresh, and as large as anything that is there would be. */
function hasFrame({ frame }: SnapshotStream, ready: readonly SnapshotStream[], asked: Pick<SnapshotQuestion, 'width' | 'height'>): boolean {
  return frame !== undefined && frame.ageMs <= snapshotLimits.frameMs && ready.length > 0 && frame.width >= widthAtHand(ready, asked);
}

/** How wide a picture made to size of any of these streams would be. */
function widthAtHand(ready: readonly SnapshotStream[], asked: Pick<SnapshotQuestion, 'width' | 'height'>): number {
  return Math.max(...ready.map(({ width = 0, height = 0 }) => (width > 0 && height > 0 ? fitInto({ width, height }, asked).width : 0)));
}

/** All of the camera's streams sleep, and one at least was there when it was last needed: its picture is no older than its sleep. */
export function sleepsOnPurpose({ asleepForMs, streams }: Pick<SnapshotQuestion, 'asleepForMs' | 'streams'>): boolean {
  return asleepForMs !== undefined && streams.some((stream) => !stream.lastFailed);
}

/** What is shown when no picture came in time. `sleeps`: on purpose, and it worked when it was last awake. */
export function afterWaiting(lastGoodMs: number | undefined, sleeps: boolean): 'lastGood' | 'placeholder' {
  const usable = lastGoodMs !== undefined && (sleeps || lastGoodMs <= snapshotLimits.lastGoodMs);
  return usable ? 'lastGood' : 'placeholder';
}

function widthOf(stream: SnapshotStream): number {
  return stream.width ?? (stream.name === 'sub' ? 640 : 1920);
}
