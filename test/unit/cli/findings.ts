import type { AudioFormat } from '../../../src/media/audio-packet.js';
import type { VideoFormat } from '../../../src/media/access-unit.js';
import type { StreamMeasure } from '../../../src/media/stream-measure.js';
import type { CameraFindings, StreamFindings } from '../../../src/cli/probe/findings.js';
import type { TakenPicture } from '../../../src/pipeline/source/known-picture.js';
import { recordedSound } from '../../../src/media/aac-track.js';

/** Made-up cameras: what `probe` would have found out about them. */

interface StreamTraits {
  readonly format?: Partial<VideoFormat>;
  readonly measure?: Partial<StreamMeasure>;
  readonly taken?: TakenPicture;
  readonly sound?: AudioFormat | undefined;
  readonly declaredFps?: number;
}

/** What home recordings copy. */
export const aac32: AudioFormat = { ...recordedSound, sampleEntry: new Uint8Array() };
export const g711: AudioFormat = { codec: 'pcm_mulaw', sampleRate: 8_000, channels: 1, config: new Uint8Array(), sampleEntry: new Uint8Array() };

/** 1080p H.264 with 1,500 kbit/s, unless told otherwise. */
function streamFindings(name: 'main' | 'sub', { format = {}, measure = {}, taken = { mode: 'copy', because: 'the camera sends what is kept as it is' }, sound, declaredFps = 30 }: StreamTraits = {}): StreamFindings {
  const picture: VideoFormat = { codec: 'h264', parameterSets: [], width: 1920, height: 1080, profile: 'High', level: '4.0', reorders: false, fullRange: false, ...format };
  const measured: StreamMeasure = { fps: 30, bitrateKbps: 1_500, keyframeIntervalMs: 2_000, bFrames: false, ...measure };
  const { codec, profile, width, height } = picture;
  const { fps, bitrateKbps, bFrames, keyframeIntervalMs } = measured;
  return {
    name,
    firstPictureMs: 812,
    format: picture,
    declaredFps,
    measure: measured,
    taken,
    sound,
    facts: { name, codec, profile, width, height, bFrames, fps, bitrateKbps },
    recorded: { codec, profile, width, height, bFrames, interlaced: false, openGop: false, keyframeIntervalMs, gopMs: 500, fps },
    motion: { name, live: true, bFrames, keyframeIntervalMs, gopMs: 500 },
  };
}

export function cameraFindings(main: StreamTraits = {}, sub?: StreamTraits): CameraFindings {
  return { main: streamFindings('main', main), sub: sub && streamFindings('sub', sub), speaker: undefined, warnings: [] };
}
