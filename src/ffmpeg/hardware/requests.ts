import type { VideoCodec } from '../../media/access-unit.js';
import type { Ffmpeg } from '../find-ffmpeg.js';
import type { H264Level, H264Profile, HardwarePreset } from './presets.js';

/** What decodes or encodes: one FFmpeg, by one preset, on one device. */
export interface HardwareUse {
  readonly ffmpeg: Ffmpeg;
  readonly preset: HardwarePreset;
  /** As the preset's tools name it: '/dev/dri/renderD128', '0'. Undefined: the first one, or none is needed. */
  readonly device?: string | undefined;
}

/** What a camera sends, in fragmented MP4 (a fragment a picture, times from 0). */
export interface SourceVideo {
  readonly codec: VideoCodec;
  /** As shown. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /** Some hardware must be told when pictures of 10 bits come ('Main 10'). Undefined: 8. */
  readonly sourceBitDepth?: 8 | 10 | undefined;
  /** Its pictures are of two fields, and are decoded in software. Undefined: they are not. */
  readonly sourceInterlaced?: boolean | undefined;
}

/** Fragmented MP4 on stdin, NUT with I420 pictures in limited range on stdout, with the same times to 1/90000 s. */
export interface DecodeRequest extends SourceVideo {
  /** What is to come out, exactly; even, never larger than the source. */
  readonly width: number;
  readonly height: number;
  /** Pictures above this rate are left out; undefined: all pictures come out. */
  readonly maxFps?: number | undefined;
  /** After the first picture nothing comes out for so long: what lies in the ring is decoded for the sake of what follows. */
  readonly pastSeconds?: number | undefined;
  /** Only keyframes come in, so that a picture's neighbours are of no help. */
  readonly keyframesOnly?: boolean | undefined;
}

/** H.264 as fragmented MP4 (a fragment a picture) on stdout. */
export interface EncodedVideo {
  /** What is to come out, exactly; even. */
  readonly width: number;
  readonly height: number;
  readonly bitrateKbps: number;
  readonly profile: H264Profile;
  readonly level: H264Level;
}

/**
 * NUT with I420 pictures in limited range on stdin, H.264 on stdout, with the same times to 1/90000 s. The NUT must state its rate, `fps`
 * (an info packet of the stream with `r_frame_rate`): encoders in hardware share out the bitrate by it, and take 90000 fps where it is missing.
 */
export interface EncodeRequest extends EncodedVideo {
  /** What comes in; never smaller than what is to come out. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /** The highest rate that pictures come at. */
  readonly fps: number;
}

/**
 * Fragmented MP4 in, fragmented MP4 out, in one FFmpeg: for a recording, which reads the past as fast as it can. `width` and
 * `height` are kept exactly, with bars where the shape differs.
 */
export interface RecordingConversionRequest extends SourceVideo, EncodedVideo {
  /** Whether the camera's samples use 0 to 255. Undefined: they do not. Told, as only software makes them limited. */
  readonly sourceFullRange?: boolean | undefined;
  /** Pictures above this rate are left out. */
  readonly maxFps: number;
  /** A keyframe at least this often, in seconds. */
  readonly keyframeSeconds: number;
  /** Pictures from this time on are wanted; those before, in seconds from the first, are needed for decoding alone. */
  readonly fromSeconds: number;
}
