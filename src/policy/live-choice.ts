import type { VideoCodec } from '../media/access-unit.js';

/** What is known of one of a camera's streams; fields are undefined until it has been seen. */
export interface StreamFacts {
  readonly name: 'main' | 'sub';
  readonly codec?: VideoCodec | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Whether pictures were seen out of order, or are announced to be. */
  readonly bFrames?: boolean | undefined;
  /** It was tried and is not there. */
  readonly failing?: boolean | undefined;
}

/** What HomeKit asks for (HAP R13 11.8.1, selected video parameters). */
export interface LiveRequest {
  readonly width: number;
  readonly height: number;
}

export type LiveVideo = 'auto' | 'copy' | 'transcode';

export type LiveMode = { readonly mode: 'copy'; readonly because: string } | { readonly mode: 'transcode'; readonly because: string };

/** Sub streams are typically this wide; taken for granted until the stream has been seen. */
const usualSubWidth = 640;
const usualMainWidth = 1920;

/** Which of a camera's streams answers a request: of those that work, the one whose width is nearest, as a ratio. */
export function chooseStream(request: LiveRequest, streams: readonly StreamFacts[]): { stream: StreamFacts; because: string } {
  const first = streams[0];
  if (!first) {
    throw new RangeError('a camera has at least one stream');
  }
  const working = streams.filter((facts) => facts.failing !== true);
  const candidates = working.length > 0 ? working : streams;
  const distance = (facts: StreamFacts): number => Math.abs(Math.log(widthOf(facts) / request.width));
  const stream = candidates.reduce((best, facts) => (distance(facts) < distance(best) ? facts : best), candidates[0] ?? first);
  const only = streams.length === 1 ? 'the only stream' : candidates.length === 1 ? 'the other one is not there' : `nearest to ${request.width}x${request.height}`;
  return { stream, because: `${stream.name} stream, ${only}` };
}

/** Whether a stream's packets can be sent as they are. Ask again when the camera changes what it sends. */
export function chooseMode(facts: StreamFacts, liveVideo: LiveVideo): LiveMode {
  const { codec } = facts;
  if (codec !== 'h264') {
    return { mode: 'transcode', because: `the camera sends ${codec === 'hevc' ? 'HEVC' : 'an unknown codec'}, Apple Home shows H.264 only` };
  }
  if (liveVideo === 'transcode') {
    return { mode: 'transcode', because: 'option "liveVideo" is "transcode"' };
  }
  if (facts.bFrames === true && liveVideo === 'auto') {
    return { mode: 'transcode', because: 'the camera sends B-frames, which freeze the picture in Apple Home' };
  }
  return { mode: 'copy', because: liveVideo === 'copy' ? 'option "liveVideo" is "copy"' : 'H.264 without B-frames goes out as it is' };
}

function widthOf(facts: StreamFacts): number {
  return facts.width ?? (facts.name === 'sub' ? usualSubWidth : usualMainWidth);
}
