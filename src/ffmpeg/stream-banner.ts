import type { SeenPicture } from '../policy/picture-choice.js';

/** What FFmpeg says of an input when it opens it (`-loglevel info`). */
export interface SeenStreams {
  /** Of the first picture that has a size; undefined where there is none. */
  readonly picture: SeenPicture | undefined;
  readonly sound: SeenSound | undefined;
}

export interface SeenSound {
  /** As FFmpeg names it: 'aac', 'pcm_mulaw'. */
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
}

/** `  Stream #0:0: Video: mjpeg (Baseline), yuvj422p(pc, bt470bg/unknown/unknown, progressive), 1280x720 [SAR 1:1 DAR 16:9], 25 fps, 25 tbr` */
const videoLine = /^\s*Stream #(\d+):\d+.*?: Video: (\w+)(.*)$/gm;
/** `  Stream #0:1: Audio: aac (LC), 16000 Hz, mono, fltp` */
const soundLine = /^\s*Stream #\d+:\d+.*?: Audio: (\w+)[^,]*, (\d+) Hz, ([^,]+)/m;

const channelWords: Readonly<Record<string, number>> = { mono: 1, stereo: 2 };

export function readBanner(said: string): SeenStreams {
  const pictures = Array.from(said.matchAll(videoLine), ([, input = '0', codec = '', rest = '']) => pictureIn(Number(input), codec, rest));
  const [, codec, sampleRate, layout = ''] = soundLine.exec(said) ?? [];
  return {
    picture: pictures.find((each) => each !== undefined),
    sound: codec === undefined ? undefined : { codec, sampleRate: Number(sampleRate), channels: channelsOf(layout.trim()) },
  };
}

/** 'mono', '2 channels', '5.1(side)'. */
function channelsOf(layout: string): number {
  const [full = '1', low = '0'] = /^(\d+)(?:\.(\d+))?/.exec(layout)?.slice(1) ?? [];
  return channelWords[layout] ?? Number(full) + Number(low);
}

function pictureIn(input: number, codec: string, rest: string): SeenPicture | undefined {
  const [, width, height] = /, (\d{2,5})x(\d{2,5})\b/.exec(rest) ?? [];
  if (width === undefined || height === undefined) {
    return undefined;
  }
  const fps = /, ([\d.]+) fps\b/.exec(rest)?.[1];
  const pixelFormat = /^[^,]*(?:\([^)]*\))*[^,]*, (\w+)/.exec(rest)?.[1];
  // In the brackets behind the pixel format: `(tv, top first)`, `(bottom coded first (swapped))`.
  const interlaced = /\b(?:top|bottom) (?:coded )?first\b/.test(rest.slice(0, rest.indexOf(`, ${width}x`)));
  return { codec, width: Number(width), height: Number(height), fps: fps === undefined ? undefined : Number(fps), pixelFormat, ...(interlaced && { interlaced }), ...(input > 0 && { input }) };
}
