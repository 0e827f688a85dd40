/** How a camera's microphone comes encoded. Immutable: a change makes a new one. */
export interface AudioFormat {
  /** 'aac', 'pcm_mulaw', 'pcm_alaw', 'opus', 'mp3'; the sample entry's four letters where it is none of these. */
  readonly codec: string;
  /** In Hz, as decoded. */
  readonly sampleRate: number;
  readonly channels: number;
  /** The AudioSpecificConfig of AAC, the content of dOps of Opus; empty where the codec has none. */
  readonly config: Uint8Array;
  /** The whole stsd entry, with which the packets can be written into MP4 or MOV again, whatever the codec. */
  readonly sampleEntry: Uint8Array;
}

/** One encoded piece of sound, as the camera cut it. */
export interface AudioPacket {
  readonly format: AudioFormat;
  /** Not to be changed by readers: all share it. */
  readonly data: Uint8Array;
  /** When its first sample is to be heard, in milliseconds of this process's monotonic clock, the same as for pictures. */
  readonly timeMs: number;
  readonly durationMs: number;
}
