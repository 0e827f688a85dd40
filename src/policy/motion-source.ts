/** How much may be spent on looking for motion: less on a machine that has no time to spare. */
export type AnalysisPace = 'full' | 'half' | 'keyframes';

/** A configured stream, as the choice sees it. */
export interface MotionStream {
  readonly name: 'main' | 'sub';
  /** Not there when it was last tried. */
  readonly failing: boolean;
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
  /** Enough to see somebody who runs past, and hardly a cost. */
  fps: 5,
  halfFps: 2,
  /** Keyframes that come as often as this are enough where all there is to look at is a large stream. */
  keyframesEveryMs: 2_000,
  /** Cameras do not keep their own keyframe interval to the millisecond. */
  toleranceMs: 150,
} as const;

/** Which pictures motion is looked for in. Pure. */
export function chooseMotionSource(streams: readonly MotionStream[], pace: AnalysisPace): MotionSource {
  const main = streams.find(({ name }) => name === 'main');
  const sub = streams.find(({ name }) => name === 'sub');
  const stream = sub && !sub.failing ? 'sub' : 'main';
  if (pace === 'keyframes') {
    return { stream, fps: undefined, because: 'keyframes only, as the machine cannot keep up' };
  }
  const fps = pace === 'half' ? motionSourceLimits.halfFps : motionSourceLimits.fps;
  const slower = pace === 'half' ? `, ${fps} pictures a second, as the machine cannot keep up` : '';
  if (stream === 'sub') {
    return { stream, fps, because: `the sub stream is small${slower}` };
  }
  const beside = sub ? 'the sub stream is not there' : 'there is no sub stream';
  const { keyframeIntervalMs, gopMs = 0 } = main ?? {};
  const longest = motionSourceLimits.keyframesEveryMs + motionSourceLimits.toleranceMs;
  if (Math.max(keyframeIntervalMs ?? 0, gopMs) <= longest) {
    return { stream, fps: undefined, because: `${beside}, and keyframes come often enough` };
  }
  const seconds = Math.round(Math.max(keyframeIntervalMs ?? 0, gopMs) / 100) / 10;
  return {
    stream,
    fps,
    because: `${beside}, and keyframes are ${seconds} s apart${slower}`,
    ...(sub
      ? {}
      : {
          advice: `to see motion, all pictures of the main stream have to be decoded, as its keyframes are ${seconds} s apart. Give the camera its second, smaller stream ("substream"), or set a keyframe interval of 2 s in the camera, and that costs a tenth`,
        }),
  };
}
