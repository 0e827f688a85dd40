import type { Footage, FootageAudio } from './footage.js';
import { soundFormats } from './sound-formats.js';
import { withDefects, type SenderDefects } from './sender-defects.js';
import type { SpeakerSettings } from './speaker.js';
import { speakerLines } from './speaker.js';

/** A track's number within its stream: `trackID=0` is the picture, `trackID=1` the sound. */
export type TrackName = 'video' | 'audio';

export const trackIds: Readonly<Record<TrackName, number>> = { video: 0, audio: 1 };

/** The first of the dynamic ones (RFC 3551 6). */
export const videoPayloadType = 96;

/** What is unusual about a description. */
export interface DescriptionSettings {
  /** Who made it. */
  readonly origin?: string;
  readonly microphone?: 'recvonly' | 'sendonly';
}

/** The session description of one stream (RFC 8866); `withParameterSets` false leaves the sprop parameters out; `speaker` only for who may talk. */
export function sessionDescription(footage: Footage, withParameterSets: boolean, speaker?: SpeakerSettings, { origin = '-', microphone, defects = {} }: DescriptionSettings & { readonly defects?: SenderDefects } = {}): string {
  const { settings, audio } = footage;
  const lines = [
    'v=0',
    `o=${origin} 1 1 IN IP4 127.0.0.1`,
    's=Simulated camera',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    ...(speaker?.tool === undefined ? [] : [`a=tool:${speaker.tool}`]),
    'a=control:*',
    `m=video 0 RTP/AVP ${videoPayloadType}`,
    `b=AS:${settings.bitrateKbps}`,
    ...videoLines(withDefects(footage, defects), withParameterSets),
    `a=framerate:${defects.declaredFps ?? settings.fps}`,
    `a=control:trackID=${trackIds.video}`,
    ...(audio ? audioLines(audio) : []),
    ...(audio && microphone !== undefined ? [`a=${microphone}`] : []),
    ...(speaker ? speakerLines(speaker) : []),
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

function videoLines({ settings, parameterSets }: Footage, withParameterSets: boolean): string[] {
  const sets = parameterSets.map((set) => Buffer.from(set).toString('base64'));
  if (settings.codec === 'hevc') {
    const [vps, sps, pps] = [32, 33, 34].map((type) => sets.filter((_, index) => (((parameterSets[index]?.[0] ?? 0) >> 1) & 0x3f) === type).join(','));
    const parameters = withParameterSets ? [`a=fmtp:${videoPayloadType} sprop-vps=${vps}; sprop-sps=${sps}; sprop-pps=${pps}`] : [];
    return [`a=rtpmap:${videoPayloadType} H265/90000`, ...parameters];
  }
  const level = Buffer.from(parameterSets[0]?.subarray(1, 4) ?? []).toString('hex');
  const known = withParameterSets ? `; profile-level-id=${level}; sprop-parameter-sets=${sets.join(',')}` : '';
  return [`a=rtpmap:${videoPayloadType} H264/90000`, `a=fmtp:${videoPayloadType} packetization-mode=1${known}`];
}

function audioLines({ codec }: FootageAudio): string[] {
  const { payloadType: type, rtpmap, fmtp } = soundFormats[codec];
  return [
    `m=audio 0 RTP/AVP ${type}`,
    `a=rtpmap:${type} ${rtpmap}`,
    ...(fmtp === undefined ? [] : [`a=fmtp:${type} ${fmtp}`]),
    `a=control:trackID=${trackIds.audio}`,
  ];
}
