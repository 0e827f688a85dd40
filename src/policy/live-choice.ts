import type { VideoCodec } from '../media/access-unit.js';
import type { LiveLimits, LiveRequest } from './live-request.js';
import { chooseRendition, type RenditionSettings } from './rendition-choice.js';

/** What is known of one of a camera's streams; fields are undefined until it has been seen. */
export interface StreamFacts {
  readonly name: 'main' | 'sub';
  readonly codec?: VideoCodec | undefined;
  readonly profile?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Whether pictures were seen out of order, or are announced to be. */
  readonly bFrames?: boolean | undefined;
  /** Whether its pictures are of two fields. */
  readonly interlaced?: boolean | undefined;
  /** Whether the newest keyframe begins an open GOP: it is no IDR picture. */
  readonly openGop?: boolean | undefined;
  /** As measured. */
  readonly fps?: number | undefined;
  readonly bitrateKbps?: number | undefined;
  /** It was tried and is not there. */
  readonly failing?: boolean | undefined;
}

export type LiveVideo = 'auto' | 'copy' | 'transcode';

/** The options of a camera that decide. */
export interface LiveRules extends LiveLimits {
  readonly liveVideo: LiveVideo;
  /** Above this nothing is copied, in kbit/s. */
  readonly copyMaxBitrate: number;
}

export type LiveChoice =
  | { readonly mode: 'copy'; readonly stream: 'main' | 'sub'; readonly because: string }
  | { readonly mode: 'transcode'; readonly stream: 'main' | 'sub'; readonly rendition: RenditionSettings; readonly because: string };

/** Sub streams are typically so large, main streams so; taken for granted until the stream has been seen. */
const usualSize = { main: { width: 1920, height: 1080 }, sub: { width: 640, height: 360 } } as const;
/** A viewer that asks for so much takes any size; a narrower one is a watch, a tile, or short of bandwidth. */
const anySizeFromWidth = 1280;
/** These decode in hardware made for the asked bitrate, and freeze when it is much more (Apple TV, iPad). */
const bigScreen = { width: 1920, timesAsked: 2.5 } as const;
/** Away from home the asked bitrate is what the connection carries. */
const remoteTimesAsked = 1.25;
/** A stream narrower than this share of what was asked is not shown in place of a larger one. */
const leastShareOfAsked = 0.5;
/** Cameras are not exact about their frame rate. */
const fpsTolerance = 1.1;
const profilesOfHome: readonly string[] = ['Baseline', 'Main', 'High'];

interface Rule {
  /** Whether the stream is not copied for this request. Unknown facts are taken for good: the view is chosen anew once they are known. */
  readonly forbids: (stream: StreamFacts, request: LiveRequest, rules: LiveRules) => boolean;
  readonly because: (stream: StreamFacts, request: LiveRequest, rules: LiveRules) => string;
  /** What makes a copy all the same. */
  readonly unless: readonly CopyWish[];
}

/** 'wished': the option "liveVideo" asks for it; 'needed': nothing may be converted, and this is better than no picture. */
export type CopyWish = 'wished' | 'needed';

/** The first that forbids is the reason. */
const copyRules: readonly Rule[] = [
  {
    forbids: ({ codec }) => codec === 'hevc',
    because: () => 'the camera sends HEVC, Apple Home shows H.264 only',
    unless: [],
  },
  {
    forbids: (_stream, _request, { liveVideo }) => liveVideo === 'transcode',
    because: () => 'option "liveVideo" is "transcode"',
    unless: ['needed'],
  },
  {
    forbids: ({ width = 0, height = 0 }, _request, { maxWidth = Infinity, maxHeight = Infinity }) => width > maxWidth || height > maxHeight,
    because: ({ width, height }, _request, { maxWidth, maxHeight }) => `${width}x${height} is more than the options allow (${maxWidth ?? 'any'}x${maxHeight ?? 'any'})`,
    unless: [],
  },
  {
    // Where it is not known yet either: what the user allows is not tried out.
    forbids: ({ fps = Infinity }, _request, { maxFps = Infinity }) => fps > maxFps * fpsTolerance,
    because: ({ fps = 'who knows how many' }, _request, { maxFps }) => `${fps} fps are more than the option "maxFps" allows (${maxFps})`,
    unless: [],
  },
  {
    forbids: ({ bitrateKbps = Infinity }, _request, { maxBitrate = Infinity }) => bitrateKbps > maxBitrate,
    because: ({ bitrateKbps = 'who knows how many' }, _request, { maxBitrate }) => `${bitrateKbps} kbit/s are more than the option "maxBitrate" allows (${maxBitrate})`,
    unless: [],
  },
  {
    forbids: ({ bFrames }) => bFrames === true,
    because: () => 'the camera sends B-frames, which freeze the picture in Apple Home',
    unless: ['wished'],
  },
  {
    forbids: ({ profile = 'High' }) => !profilesOfHome.includes(profile),
    because: ({ profile }) => `the camera sends H.264 ${profile}, which Apple devices do not show`,
    unless: ['wished'],
  },
  {
    forbids: ({ interlaced }) => interlaced === true,
    because: () => 'the camera sends interlaced pictures, which Apple devices show with combs where something moves (set it to progressive)',
    unless: ['wished'],
  },
  {
    forbids: ({ openGop }) => openGop === true,
    because: () => 'the keyframes of the camera are no IDR pictures, which Apple devices wait for (set it to a closed GOP)',
    unless: [],
  },
  {
    forbids: ({ bitrateKbps = 0 }, { copyUpToKbps = Infinity }) => bitrateKbps > copyUpToKbps,
    because: ({ bitrateKbps }) => `${bitrateKbps} kbit/s are more than the connection to the viewer carries`,
    unless: ['wished'],
  },
  {
    forbids: ({ bitrateKbps = 0 }, request) => request.remote && bitrateKbps > request.bitrateKbps * remoteTimesAsked,
    because: ({ bitrateKbps }, request) => `the viewer is away from home and asks for ${request.bitrateKbps} kbit/s, the camera sends ${bitrateKbps}`,
    unless: ['wished'],
  },
  {
    forbids: ({ bitrateKbps = 0 }, request) => request.width >= bigScreen.width && bitrateKbps > request.bitrateKbps * bigScreen.timesAsked,
    because: ({ bitrateKbps }, request) => `a large screen that asks for ${request.bitrateKbps} kbit/s would freeze at ${bitrateKbps}`,
    unless: ['wished'],
  },
  {
    forbids: ({ width = 0 }, request) => request.width < anySizeFromWidth && width > request.width,
    because: ({ width }, request) => `${width} wide is more than the ${request.width} that are asked for`,
    unless: ['wished', 'needed'],
  },
  {
    forbids: ({ bitrateKbps = 0 }, _request, { copyMaxBitrate }) => bitrateKbps > copyMaxBitrate,
    because: ({ bitrateKbps }, _request, { copyMaxBitrate }) => `${bitrateKbps} kbit/s are more than the option "copyMaxBitrate" allows (${copyMaxBitrate})`,
    unless: ['wished', 'needed'],
  },
];

/** Why this stream is not sent as it is; undefined where it may be. */
export function whyNotCopied(stream: StreamFacts, request: LiveRequest, rules: LiveRules, wish: CopyWish | undefined = rules.liveVideo === 'copy' ? 'wished' : undefined): string | undefined {
  return copyRules.find(({ forbids, unless }) => !(wish && unless.includes(wish)) && forbids(stream, request, rules))?.because(stream, request, rules);
}

/**
 * Which of a camera's streams answers a view, and how: copied from the nearest one that can be, else as a rendition. Ask again when
 * more is known of the streams.
 */
export function chooseLive(request: LiveRequest, streams: readonly StreamFacts[], rules: LiveRules): LiveChoice {
  const working = streams.filter(({ failing }) => failing !== true);
  const candidates = working.length > 0 ? working : streams;
  const copyable = candidates.filter((stream) => whyNotCopied(stream, request, rules) === undefined && (rules.liveVideo === 'copy' || !isTooSmall(stream, request, candidates)));
  const nearest = copyable.toSorted((a, b) => distance(a, request) - distance(b, request))[0];
  if (nearest) {
    const only = streams.length === 1 ? 'the only stream' : candidates.length === 1 ? 'the other one is not there' : `nearest to ${request.width}x${request.height}`;
    return { mode: 'copy', stream: nearest.name, because: `${nearest.name} stream, ${only}, goes out as it is` };
  }
  const source = forDecoding(request, candidates);
  const because = whyNotCopied(source, request, rules) ?? 'no other one is large enough';
  return { mode: 'transcode', stream: source.name, rendition: chooseRendition(request, sizeOf(source), rules), because: `${source.name} stream, converted: ${because}` };
}

/** The smallest stream that has what is asked for, else the largest. */
function forDecoding({ width }: LiveRequest, streams: readonly StreamFacts[]): StreamFacts {
  const byWidth = streams.toSorted((a, b) => sizeOf(a).width - sizeOf(b).width);
  const source = byWidth.find((stream) => sizeOf(stream).width >= width) ?? byWidth.at(-1);
  if (!source) {
    throw new RangeError('a camera has at least one stream');
  }
  return source;
}

function isTooSmall(stream: StreamFacts, { width }: LiveRequest, streams: readonly StreamFacts[]): boolean {
  const own = sizeOf(stream).width;
  return own < width * leastShareOfAsked && streams.some((other) => sizeOf(other).width > own);
}

/** Of a stream's width from the asked one: as a ratio, in either direction. */
export function distance(stream: StreamFacts, { width }: LiveRequest): number {
  return Math.abs(Math.log(sizeOf(stream).width / width));
}

function sizeOf({ name, width, height }: StreamFacts): { readonly width: number; readonly height: number } {
  return width === undefined || height === undefined ? usualSize[name] : { width, height };
}
