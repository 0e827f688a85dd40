import type { VideoFormat } from '../media/access-unit.js';
import type { AudioFormat } from '../media/audio-packet.js';
import type { ProblemLog } from '../problem-log.js';
import type { ProblemCode } from '../problems.js';
import { redact } from '../redact.js';
import { secondsSince } from '../seconds-since.js';
import type { CameraStream } from './camera-stream.js';
import type { CameraVideo } from './camera.js';
import type { DecoderStatus } from './decoder.js';
import type { PacketStream } from './packet-stream.js';
import type { TalkbackStatus } from './talkback/talkback.js';
import type { RenditionStatus } from './rendition.js';
import type { SoundRenditionStatus } from './sound/sound-rendition.js';

/** Pictures as they come: the format as declared, the rest as measured, which is undefined until there is enough of it. */
export interface PictureStatus extends Pick<VideoFormat, 'codec' | 'profile' | 'level' | 'width' | 'height'> {
  readonly fps: number | undefined;
  readonly bitrateKbps: number | undefined;
  /** The longest distance of two keyframes. */
  readonly keyframeIntervalMs: number | undefined;
  /** Whether pictures are shown in another order than they are sent. */
  readonly bFrames: boolean;
}

/** Sound as it comes; the rate in Hz. */
export type SoundStatus = Pick<AudioFormat, 'codec' | 'sampleRate' | 'channels'>;

/** Since when something has not been there, and why. */
export interface AwayStatus {
  readonly forSeconds: number;
  readonly code: ProblemCode;
  /** In words, without credentials. */
  readonly because: string;
}

/** What runs for a configured stream. */
export interface VideoStatus {
  readonly name: 'main' | 'sub';
  readonly state: CameraStream['state']['kind'];
  /** How long that has been so; undefined before anything was asked of the stream. */
  readonly forSeconds: number | undefined;
  /** Undefined while nothing is wrong. */
  readonly away: AwayStatus | undefined;
  /** What the camera sends; the format alone while it is not connected, undefined before it ever was. */
  readonly picture: PictureStatus | undefined;
  /** What its microphone sends; undefined while nothing of that is known. */
  readonly sound: SoundStatus | undefined;
  /** Opened since the start, those that failed included. */
  readonly connections: number;
  /** How often its picture was lost, without anybody having asked for that, and came back. */
  readonly reconnects: number;
  readonly reconnectsLastHour: number;
  readonly leases: readonly string[];
  readonly ringBytes: number;
  /** How far back its encoded pictures are kept. */
  readonly ringReachMs: number;
  readonly decoder: DecoderStatus;
  readonly renditions: readonly (RenditionStatus & { readonly leases: readonly string[] })[];
  /** Encodings of the sound. */
  readonly sounds: readonly (SoundRenditionStatus & { readonly leases: readonly string[] })[];
  /** Of all renditions since the start, also of those that have ended. */
  readonly encoders: EncoderTotals;
}

export interface EncoderTotals {
  /** Pictures left out because an encoder was too slow. */
  readonly dropped: number;
  readonly failures: number;
}

/** What runs for a camera, and for whom. All of this can be written as JSON. */
export interface CameraStatus {
  readonly camera: string;
  /** There as far as is known. */
  readonly online: boolean;
  /** It is left alone altogether: its privacy switch is on. */
  readonly private: boolean;
  readonly streams: readonly VideoStatus[];
  /** Its speaker; undefined where nobody can talk to it. */
  readonly talkback: TalkbackStatus | undefined;
}

export function videoStatus({ stream, decoder, renditions, sounds }: CameraVideo, problems: ProblemLog): VideoStatus {
  const { name, state, connections, reconnects, packets, holders } = stream;
  const outage = problems.outage(name);
  return {
    name,
    state: state.kind,
    forSeconds: 'sinceMs' in state && Number.isFinite(state.sinceMs) ? secondsSince(state.sinceMs) : undefined,
    away: outage && { forSeconds: secondsSince(outage.sinceMs), code: outage.problem.code, because: redact(outage.problem.message) },
    picture: pictureStatus(packets),
    sound: soundStatus(stream),
    connections,
    reconnects: reconnects.total,
    reconnectsLastHour: reconnects.recent,
    leases: holders,
    ringBytes: packets.bytes,
    ringReachMs: Math.round(packets.reachMs),
    decoder: decoder.status(),
    renditions: renditions.status(),
    sounds: sounds.status(),
    encoders: renditions.totals,
  };
}

function soundStatus({ audio: { format } }: CameraStream): SoundStatus | undefined {
  return format && { codec: format.codec, sampleRate: format.sampleRate, channels: format.channels };
}

/** What a PacketStream carries; undefined before anything came. */
export function pictureStatus(packets: PacketStream): PictureStatus | undefined {
  if (!packets.format) {
    return undefined;
  }
  const { codec, profile, level, width, height, reorders } = packets.format;
  const { fps, bitrateKbps, keyframeIntervalMs, bFrames = reorders === true } = packets.measure() ?? {};
  return { codec, profile, level, width, height, fps, bitrateKbps, keyframeIntervalMs: keyframeIntervalMs && Math.round(keyframeIntervalMs), bFrames };
}
