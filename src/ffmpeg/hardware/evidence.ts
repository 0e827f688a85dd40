import { Fmp4Reader, type Fmp4Track } from '../../media/fmp4-reader.js';
import { isKeyframe } from '../../media/nal.js';
import { videoFormatFromTrack } from '../../media/video-format.js';
import type { PictureSize } from '../../policy/hardware-choice.js';
import { sample } from './probe-sample.js';

/** Whether what an FFmpeg gave proves that it did its work. Pure. */

/** The pictures that came out, in their order. */
export interface SeenPictures {
  readonly size: PictureSize | undefined;
  readonly timesMs: readonly number[];
  /** How many differ from one another; undefined where that was not looked at. */
  readonly different?: number;
  readonly beginsWithKeyframe: boolean;
}

/** Some hardware keeps its last pictures for itself; the sample's others must all come. */
const mostMissing = 3;
/** Containers round times to their ticks. */
const toleranceMs = 2;

/** What is wrong with these pictures; undefined where they are the sample's, in this size. */
export function whyNoProof({ size, timesMs, different, beginsWithKeyframe }: SeenPictures, wanted: PictureSize): string | undefined {
  const { length } = timesMs;
  if (!size || length === 0) {
    return 'it gave no picture';
  }
  if (size.width !== wanted.width || size.height !== wanted.height) {
    return `its pictures are ${size.width}x${size.height} instead of ${wanted.width}x${wanted.height}`;
  }
  if (length < sample.pictures - mostMissing || length > sample.pictures) {
    return `it gave ${length} of ${sample.pictures} pictures`;
  }
  if (timesMs.some((timeMs, index) => !isSampleTime(timeMs) || timeMs <= (timesMs[index - 1] ?? -Infinity))) {
    return 'its pictures have wrong times';
  }
  if (!beginsWithKeyframe) {
    return 'its first picture is not a keyframe';
  }
  return different !== undefined && different < length / 2 ? 'it gave the same picture again and again' : undefined;
}

function isSampleTime(timeMs: number): boolean {
  const stepMs = 1000 / sample.fps;
  return Math.abs(timeMs - Math.round(timeMs / stepMs) * stepMs) <= toleranceMs;
}

/** Reads FFmpeg's "framecrc": '#tb 0: 1/15360', '#dimensions 0: 640x360', and for each picture 'stream, dts, pts, duration, size, checksum'. */
export function readPictureList(text: string): SeenPictures {
  const [, numerator = 1, denominator = 1] = /^#tb 0: (\d+)\/(\d+)/m.exec(text)?.map(Number) ?? [];
  const [, width, height] = /^#dimensions 0: (\d+)x(\d+)/m.exec(text)?.map(Number) ?? [];
  const pictures = Array.from(text.matchAll(/^0, +-?\d+, +(-?\d+), +\d+, +\d+, +(0x[0-9a-f]+)/gm), ([, pts, checksum]) => ({ timeMs: (Number(pts) * 1000 * numerator) / denominator, checksum }));
  return {
    size: width !== undefined && height !== undefined ? { width, height } : undefined,
    timesMs: pictures.map(({ timeMs }) => timeMs),
    different: new Set(pictures.map(({ checksum }) => checksum)).size,
    beginsWithKeyframe: true,
  };
}

/** Reads what an encoder wrote. @throws FormatError where that is no fragmented MP4 with H.264. */
export function readEncoded(mp4: Uint8Array): SeenPictures {
  let track: Fmp4Track | undefined;
  const timesMs: number[] = [];
  let beginsWithKeyframe = false;
  const reader = new Fmp4Reader({
    onTracks: (tracks) => (track = tracks.find(({ kind }) => kind === 'video')),
    onSample: ({ decodeTime, compositionOffset, data }) => {
      if (track) {
        beginsWithKeyframe ||= timesMs.length === 0 && isKeyframe('h264', data);
        timesMs.push(((decodeTime + compositionOffset + track.presentationOffset) / track.timescale) * 1000);
      }
    },
  });
  reader.push(mp4);
  return { size: track && videoFormatFromTrack(track), timesMs, beginsWithKeyframe };
}
