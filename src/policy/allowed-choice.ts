import { chooseLive, distance, whyNotCopied, type LiveChoice, type LiveRules, type StreamFacts } from './live-choice.js';
import type { LiveRequest } from './live-request.js';
import type { RenditionSettings } from './rendition-choice.js';

/** Converted views are no faster and no higher than this at present; undefined: no limit. */
export interface ConversionCaps {
  readonly maxFps?: number | undefined;
  readonly maxHeight?: number | undefined;
}

/** Something that is converted anyway, of the same camera. */
export interface RunningConversion {
  readonly stream: 'main' | 'sub';
  readonly rendition: RenditionSettings;
}

/** Nothing new may be converted. */
export interface Refusal {
  readonly because: string;
  readonly running: readonly RunningConversion[];
  /** Where there is nothing else to be shown, the smallest of all may be begun. */
  readonly smallest: boolean;
}

/** What a view may make of the machine at present. */
export interface Allowance {
  readonly caps: ConversionCaps;
  /** @param uncapped the same as it would be without caps */
  readonly whyRefused: (conversion: RunningConversion, uncapped: RunningConversion) => Refusal | undefined;
}

export type ViewChoice =
  | LiveChoice
  /** Nothing is shown, until something may be. */
  | { readonly mode: 'wait'; readonly stream: 'main' | 'sub'; readonly because: string };

export interface AllowedChoice {
  readonly choice: ViewChoice;
  /** What would be converted if nothing were limited; undefined where a copy would do. */
  readonly wanted: { readonly fps: number; readonly height: number } | undefined;
  /** Something else would be shown if something new might be converted. */
  readonly refused: boolean;
  /** What was granted, as it would be without caps; undefined where nothing was asked for, or it was refused. */
  readonly granted: RunningConversion | undefined;
}

/** What is begun for a view where nothing else can be shown, on a machine that has no time for it. */
const smallest = { height: 360, fps: 10 } as const;

/** As `chooseLive`, as far as the machine's load and the limits of the house allow it. Pure. */
export function chooseAllowed(request: LiveRequest, streams: readonly StreamFacts[], rules: LiveRules, { caps, whyRefused }: Allowance): AllowedChoice {
  const free = chooseLive(request, streams, rules);
  if (free.mode !== 'transcode') {
    return { choice: free, wanted: undefined, refused: false, granted: undefined };
  }
  const { fps, height } = free.rendition;
  const wanted = { fps: Math.min(fps, streams.find(({ name }) => name === free.stream)?.fps ?? fps), height };
  // A smaller request may be answered by the sub stream, as it is.
  const capped = chooseLive(capRequest(request, caps), streams, rules);
  const refusal = capped.mode === 'transcode' ? whyRefused(capped, free) : undefined;
  return refusal
    ? { choice: chooseUnconverted(request, streams, rules, refusal), wanted, refused: true, granted: undefined }
    : { choice: capped, wanted, refused: false, granted: capped.mode === 'transcode' ? free : undefined };
}

/** Not larger and not faster than allowed, in its own shape. */
function capRequest(request: LiveRequest, { maxFps = Infinity, maxHeight = Infinity }: ConversionCaps): LiveRequest {
  const height = Math.min(request.height, maxHeight);
  return { ...request, height, width: Math.round((request.width / request.height) * height), fps: Math.min(request.fps, maxFps) };
}

/** A copy, also one that fits badly; else what is converted for this camera anyway, the smallest; else the smallest of all, or nothing. */
function chooseUnconverted(request: LiveRequest, streams: readonly StreamFacts[], rules: LiveRules, { because, running, smallest: mayBegin }: Refusal): ViewChoice {
  const copyable = streams.filter((stream) => stream.failing !== true && whyNotCopied(stream, request, rules, 'needed') === undefined);
  const [nearest] = copyable.toSorted((a, b) => distance(a, request) - distance(b, request));
  if (nearest) {
    return { mode: 'copy', stream: nearest.name, because: `${nearest.name} stream, as it is: nothing more is converted, as ${because}` };
  }
  const [shared] = running.toSorted((a, b) => a.rendition.height - b.rendition.height);
  if (shared) {
    return { mode: 'transcode', ...shared, because: `what is converted already: nothing more is, as ${because}` };
  }
  const small = chooseLive(capRequest(request, { maxFps: smallest.fps, maxHeight: smallest.height }), streams, rules);
  return mayBegin ? { ...small, because: `${small.because}; no more than this, as ${because}` } : { mode: 'wait', stream: small.stream, because: `nothing: it would have to be converted, and ${because}` };
}
