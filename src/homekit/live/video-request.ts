import type { H264Level, H264Profile, ReconfigureStreamRequest, StartStreamRequest } from 'homebridge';
import type { LiveRequest } from '../../policy/live-request.js';

/** HAP's numbers (R13 11.8.1); its enums exist only at compile time. A new value there breaks the build here. */
const profiles = { 0: 'baseline', 1: 'main', 2: 'high' } as const satisfies Record<`${H264Profile}`, string>;
const levels = { 0: '3.1', 1: '3.2', 2: '4.0' } as const satisfies Record<`${H264Level}`, string>;

export function profileName(profile: H264Profile): 'baseline' | 'main' | 'high' {
  return profiles[profile];
}

export function levelName(level: H264Level): '3.1' | '3.2' | '4.0' {
  return levels[level];
}

/** What a viewer may change while it looks. */
export type VideoChange = ReconfigureStreamRequest['video'];

/** Viewers away from home ask for audio packets of so many milliseconds, those at home for 20 or 30. */
const remotePacketTimeMs = 60;

export function liveRequest(video: StartStreamRequest['video'], audio: StartStreamRequest['audio']): LiveRequest {
  return {
    width: video.width,
    height: video.height,
    fps: video.fps,
    bitrateKbps: video.max_bit_rate,
    profile: profileName(video.profile),
    level: levelName(video.level),
    remote: audio.packet_time >= remotePacketTimeMs,
  };
}

/** Sizes and rates offered for live view: width, height, fps. 16:9 first, then 4:3; the watch takes 320x240 at 15. */
export const liveResolutions: [number, number, number][] = [
  [1920, 1080, 30],
  [1280, 720, 30],
  [640, 360, 30],
  [480, 270, 30],
  [320, 180, 30],
  [1280, 960, 30],
  [1024, 768, 30],
  [640, 480, 30],
  [480, 360, 30],
  [320, 240, 30],
  [320, 240, 15],
];
