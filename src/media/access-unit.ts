/** Codecs that a camera's picture may come in. Named as FFmpeg names them. */
export type VideoCodec = 'h264' | 'hevc';

/** What a decoder must know before the first picture, read from the stream's own parameter sets. Immutable: a change makes a new one. */
export interface VideoFormat {
  readonly codec: VideoCodec;
  /** NAL units without start code or length, in the order a decoder wants them: SPS, PPS for H.264; VPS, SPS, PPS for HEVC. */
  readonly parameterSets: readonly Uint8Array[];
  /** Picture width as shown (after cropping), in pixels. */
  readonly width: number;
  /** Picture height as shown (after cropping), in pixels. */
  readonly height: number;
  /** As people write it: 'Baseline', 'Main', 'High', 'Main 10'; 'profile 244' where it has no common name. */
  readonly profile: string;
  /** As people write it: '4.0', '3.1'. */
  readonly level: string;
  /** False where the parameter sets exclude reordered pictures (B-frames), true where they announce them, undefined where they say nothing. */
  readonly reorders: boolean | undefined;
  /** Whether the samples use 0 to 255 (`yuvj420p`) instead of 16 to 235. */
  readonly fullRange: boolean;
  /** Whether its pictures may be sent as two fields (frame_mbs_only_flag of H.264 is 0). Absent: no. */
  readonly mayBeFields?: boolean | undefined;
  /** Whether its pictures are of two fields, every other line filmed later: announced within pictures (MBAFF), or fields were seen. Absent: no. */
  readonly interlaced?: boolean | undefined;
}

/** One encoded picture with everything that belongs to it (ITU-T H.264 3.1: access unit). */
export interface AccessUnit {
  readonly format: VideoFormat;
  /** NAL units, each preceded by its length in four bytes, big endian (ISO/IEC 14496-15 5.3.4.2). Not to be changed by readers: all share it. */
  readonly data: Uint8Array;
  /** True for a picture that decoding can start at: IDR for H.264, or one that its recovery point SEI says so of; any IRAP picture for HEVC. */
  readonly keyframe: boolean;
  /** When the picture is to be shown, in milliseconds of this process's monotonic clock (`performance.now()`). */
  readonly timeMs: number;
  /** When the picture is to be decoded, on the same clock; differs from `timeMs` only with B-frames. */
  readonly decodeTimeMs: number;
}
