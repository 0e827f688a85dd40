/** How much may be spent on looking for motion: less on a machine that has no time to spare. */
export type AnalysisPace = 'full' | 'half' | 'keyframes';

/** A configured stream, as the choice sees it. */
export interface MotionStream {
  readonly name: 'main' | 'sub';
  readonly live: boolean;
  /** Pictures are shown in another order than they are sent: FFmpeg gives a keyframe out when the next but one has come. */
  readonly bFrames: boolean;
  /** Longest distance between two keyframes, in milliseconds; undefined until two were seen. */
  readonly keyframeIntervalMs: number | undefined;
  /** From the newest keyframe to the newest picture, in milliseconds. */
  readonly gopMs: number;
}

/** Where motion is looked for, and how often. */
export interface MotionSource {
  readonly stream: 'main' | 'sub';
  /** Pictures a second; undefined: every keyframe. */
  readonly fps: number | undefined;
  readonly because: string;
  /** What a second, smaller stream would save: said once. */
  readonly advice?: string;
}

export const motionSourceLimits = {
  /** A sub stream is waited for so long: where the main stream is there, and where that has to be connected for it. */
  subAwayMs: { mainLive: 20_000, longest: 120_000 },
  /** Enough to see somebody who runs past, and hardly a cost. */
  fps: 5,
  halfFps: 2,
  /** Keyframes that come as often as this are enough where all there is to look at is a large stream. */
  keyframesEveryMs: 2_000,
  /** Cameras do not keep their own keyframe interval to the millisecond... */
  toleranceMs: 150,
  /** ...and what is looked at does not change for a little more. */
  hysteresisMs: 600,
} as const;

/**
 * Which pictures motion is looked for in. Pure.
 * @param before what was chosen last @param subAwayMs how long the sub stream has not been there; 0 where it is
 */
export function chooseMotionSource(streams: readonly MotionStream[], pace: AnalysisPace, before?: MotionSource, subAwayMs = 0): MotionSource {
  const main = streams.find(({ name }) => name === 'main');
  const sub = streams.find(({ name }) => name === 'sub');
  // A camera that restarts has neither; and each change of the stream means to learn the scene anew.
  const withoutSub = subAwayMs > (main?.live === true ? motionSourceLimits.subAwayMs.mainLive : motionSourceLimits.subAwayMs.longest);
  const stream = sub && !withoutSub ? 'sub' : 'main';
  if (pace === 'keyframes') {
    return { stream, fps: undefined, because: 'keyframes only, as the machine cannot keep up' };
  }
  const fps = pace === 'half' ? motionSourceLimits.halfFps : motionSourceLimits.fps;
  const slower = pace === 'half' ? `, ${fps} pictures a second, as the machine cannot keep up` : '';
  if (stream === 'sub') {
    return { stream, fps, because: `the sub stream is small${slower}` };
  }
  const beside = sub ? 'the sub stream is not there' : 'there is no sub stream';
  const { keyframeIntervalMs = 0, gopMs = 0, bFrames = false } = main ?? {};
  const apartMs = Math.max(keyframeIntervalMs, gopMs);
  const { keyframesEveryMs, toleranceMs, hysteresisMs } = motionSourceLimits;
  const looksAtKeyframes = before?.stream === 'main' && before.fps === undefined;
  if (!bFrames && apartMs <= keyframesEveryMs + (looksAtKeyframes ? hysteresisMs : toleranceMs)) {
    return { stream, fps: undefined, because: `${beside}, and keyframes come often enough` };
  }
  const why = bFrames ? 'it sends B-frames' : `its keyframes are ${Math.round(apartMs / 100) / 10} s apart`;
  const remedy = bFrames ? 'switch off B-frames ("smart codec", "H.264+") in the camera' : 'set a keyframe interval of 2 s in the camera';
  return {
    stream,
    fps,
    because: `${beside}, and ${why}${slower}`,
    ...(sub
      ? {}
      : {
          advice: `to see motion, all pictures of the main stream have to be decoded, as ${why}. Give the camera its second, smaller stream ("substream"), or ${remedy}, and that costs a tenth`,
        }),
  };
}
