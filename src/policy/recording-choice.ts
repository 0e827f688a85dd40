import type { VideoCodec } from '../media/access-unit.js';

/** What HomeKit Secure Video is offered and gets. Milliseconds and pixels. */
export const recordingLimits = {
  /** Of past before the request. */
  prebufferMs: 4_000,
  fragmentMs: 4_000,
  /** Keyframes further apart cannot be cut into fragments; a little more than a fragment, as cameras are not exact. */
  longestGopMs: 4_200,
  /** While only one keyframe has come: a camera that has sent none for so long is not trusted to send one in time. */
  longestFirstGopMs: 2_500,
  width: 1920,
  height: 1080,
  /** Width to height of pictures that hubs show: from 5:4 to 21:9. Upright ones stall without a word. */
  leastAspect: 1.2,
  mostAspect: 2.4,
} as const;

/** What is known of the stream to be recorded. */
export interface RecordedStream {
  readonly codec: VideoCodec;
  readonly profile: string;
  readonly width: number;
  readonly height: number;
  readonly bFrames: boolean;
  /** Whether its pictures are of two fields. */
  readonly interlaced: boolean;
  /** Whether it has keyframes that are no IDR pictures. */
  readonly openGop: boolean;
  /** The longest distance of two keyframes, as measured; undefined until two have come. */
  readonly keyframeIntervalMs: number | undefined;
  /** Since the newest keyframe. */
  readonly gopMs: number;
  readonly fps: number | undefined;
}

/** Why a stream is converted; the code is the same for the same cause. */
export type ConversionCause = 'hevc' | 'profile' | 'interlaced' | 'openGop' | 'bFrames' | 'keyframes' | 'size' | 'shape';

export type RecordingMode =
  | { readonly mode: 'copy'; readonly because: string }
  | ({ readonly mode: 'transcode' } & ConversionReason);

/** Why a stream has to be converted. */
export interface ConversionReason {
  readonly cause: ConversionCause;
  readonly because: string;
  /** What to change in the camera; undefined where nothing can be done there. */
  readonly advice: string | undefined;
}

interface Rule {
  readonly cause: ConversionCause;
  readonly applies: (stream: RecordedStream) => boolean;
  readonly because: (stream: RecordedStream) => string;
  readonly advice: (stream: RecordedStream) => string | undefined;
}

const profilesOfHome: readonly string[] = ['Baseline', 'Main', 'High'];

/** The first that applies is the reason. */
const rules: readonly Rule[] = [
  {
    cause: 'hevc',
    applies: ({ codec }) => codec !== 'h264',
    because: () => 'the camera sends HEVC (H.265), and HomeKit records H.264 only',
    advice: () => 'Set the video codec of this stream to H.264 in the camera',
  },
  {
    cause: 'profile',
    applies: ({ codec, profile }) => codec === 'h264' && !profilesOfHome.includes(profile),
    because: ({ profile }) => `the camera sends H.264 with profile ${profile}`,
    advice: () => 'Set the H.264 profile to Main or High in the camera',
  },
  {
    cause: 'interlaced',
    applies: ({ interlaced }) => interlaced,
    because: () => 'the camera sends interlaced pictures, every other line of which was filmed later',
    advice: () => 'Set the camera, or the video server that an analogue camera is connected to, to progressive pictures (also called deinterlacing)',
  },
  {
    cause: 'size',
    applies: ({ width, height }) => width > recordingLimits.width || (height > recordingLimits.height && width > height),
    because: ({ width, height }) => `its pictures are ${width}x${height}, and HomeKit records at most 1920x1080`,
    advice: () => 'Set the resolution of this stream to 1920x1080 in the camera, if you can do without the larger one',
  },
  {
    cause: 'shape',
    applies: ({ width, height }) => width / height < recordingLimits.leastAspect || width / height > recordingLimits.mostAspect,
    because: ({ width, height }) => `its pictures are ${width}x${height}, a shape at which home hubs stall`,
    advice: () => undefined,
  },
  {
    cause: 'bFrames',
    applies: ({ bFrames }) => bFrames,
    because: () => 'the camera sends B-frames',
    advice: ({ codec }) => (codec === 'h264' ? 'Switch B-frames off in the camera, or set its H.264 profile to Baseline' : 'Switch B-frames off in the camera'),
  },
  {
    cause: 'openGop',
    applies: ({ openGop }) => openGop,
    because: () => 'its keyframes are no IDR pictures, which every part of a recording begins with',
    advice: ({ codec }) => (codec === 'h264' ? 'Set the camera to a closed GOP, or its H.264 profile to Baseline' : 'Set the camera to a closed GOP'),
  },
  {
    cause: 'keyframes',
    applies: ({ keyframeIntervalMs, gopMs }) =>
      keyframeIntervalMs === undefined ? gopMs > recordingLimits.longestFirstGopMs : Math.max(keyframeIntervalMs, gopMs) > recordingLimits.longestGopMs,
    because: ({ keyframeIntervalMs, gopMs }) =>
      gopMs > (keyframeIntervalMs ?? 0) ? `no keyframe has come for ${seconds(gopMs)} (measured)` : `a keyframe comes only every ${seconds(keyframeIntervalMs ?? 0)} (measured)`,
    advice: ({ fps }) => `Set the keyframe interval (also called I-frame interval or GOP) to 2 s${fps === undefined ? '' : `, that is ${Math.round(fps * 2)} pictures,`} in the camera, and switch off "smart codec" or "H.264+"`,
  },
];

/** Whether a stream's packets can be recorded as they are. */
export function chooseRecording(stream: RecordedStream): RecordingMode {
  const [reason] = conversionReasons(stream);
  return reason ? { mode: 'transcode', ...reason } : { mode: 'copy', because: 'H.264 without B-frames is recorded as it is' };
}

/** All that keeps a stream's packets from being recorded as they are, what counts first. */
export function conversionReasons(stream: RecordedStream): readonly ConversionReason[] {
  return rules.filter(({ applies }) => applies(stream)).map(({ cause, because, advice }) => ({ cause, because: because(stream), advice: advice(stream) }));
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
