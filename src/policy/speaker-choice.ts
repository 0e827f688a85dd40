import type { RtspTransport } from '../media/camera-source.js';
import type { SpeakerFormat } from './talk-format.js';

/** Where FFmpeg itself brings what is said. */
export interface TalkTarget {
  readonly target: string;
  /** FFmpeg's names. */
  readonly format: string;
  readonly codec: string;
  readonly arguments: readonly string[];
}

/** How sound gets to a speaker. */
export type Speaker =
  /** The camera's own, at its RTSP address, with what it said last that it plays. */
  | { readonly kind: 'backchannel'; readonly url: string; readonly format: SpeakerFormat }
  | { readonly kind: 'target'; readonly to: TalkTarget };

/** What the user set. */
export interface SpeakerOptions {
  readonly source: string;
  readonly talkback: Partial<TalkTarget> & Pick<TalkTarget, 'arguments'> & { readonly enabled: boolean };
}

/**
 * Whether a camera is worth asking for a speaker of its own: a backchannel needs an RTSP address, and a TCP connection beside that of the
 * picture, which does not pass where everything has to go inside HTTP.
 */
export function mayHaveSpeaker(source: string, transport: RtspTransport): boolean {
  return /^\s*rtsps?:\/\//i.test(source) && transport !== 'http';
}

/** How a camera is talked to: as the user set it, else through its own speaker, where it is known to have one. Pure. */
export function chooseSpeaker({ source, talkback }: SpeakerOptions, own: SpeakerFormat | undefined): Speaker | undefined {
  const { enabled, target, format, codec } = talkback;
  if (!enabled) {
    return undefined;
  }
  if (target !== undefined && format !== undefined && codec !== undefined) {
    return { kind: 'target', to: { target, format, codec, arguments: talkback.arguments } };
  }
  return own && { kind: 'backchannel', url: source, format: own };
}

/** How long after a failure a talk is tried again while the viewer goes on: a camera that restarts needs some seconds. */
const againAfterMs = [1_000, 2_000, 5_000] as const;

/** @param failures of this talk, 1 or more. @returns Infinity where it would be the same again until something is changed. */
export function talkAgainAfterMs(failures: number, isFinal: boolean): number {
  return isFinal ? Infinity : (againAfterMs[Math.min(failures, againAfterMs.length) - 1] ?? Infinity);
}
