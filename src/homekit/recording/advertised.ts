import type { API, CameraRecordingOptions } from 'homebridge';
import { recordingLimits } from '../../policy/recording-choice.js';

/**
 * What every camera offers for recording, whatever it sends and whatever this machine can do. hap-nodejs keeps a hash of it: a
 * change throws away what people have chosen in the Home app, so it stays as it is for ever.
 */
export function advertisedRecording({ hap }: Pick<API, 'hap'>): CameraRecordingOptions {
  const { AudioRecordingCodecType, AudioRecordingSamplerate, H264Level, H264Profile, MediaContainerType, VideoCodecType } = hap;
  return {
    prebufferLength: recordingLimits.prebufferMs,
    mediaContainerConfiguration: { type: MediaContainerType.FRAGMENTED_MP4, fragmentLength: recordingLimits.fragmentMs },
    video: {
      type: VideoCodecType.H264,
      parameters: {
        profiles: [H264Profile.BASELINE, H264Profile.MAIN, H264Profile.HIGH],
        levels: [H264Level.LEVEL3_1, H264Level.LEVEL3_2, H264Level.LEVEL4_0],
      },
      resolutions: [
        [1920, 1080, 30],
        [1920, 1080, 24],
        [1920, 1080, 15],
        [1280, 720, 30],
        [1280, 720, 24],
        [1280, 720, 15],
      ],
    },
    audio: {
      codecs: { type: AudioRecordingCodecType.AAC_LC, audioChannels: 1, samplerate: AudioRecordingSamplerate.KHZ_32 },
    },
  };
}
