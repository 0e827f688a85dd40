import { readFile } from 'node:fs/promises';
import type { VideoCodec } from '../../media/access-unit.js';
import type { DecodeRequest, EncodeRequest, RecordingConversionRequest } from './requests.js';

/** What hardware is tried with: a second of moving picture for each codec (samples/README.md), and what is asked of it. */
export const sample = { width: 1280, height: 720, fps: 30, pictures: 30 } as const;

const source = { sourceWidth: sample.width, sourceHeight: sample.height } as const;
const encoding = { bitrateKbps: 2_000, profile: 'high', level: '3.1' } as const;

/** Scaled down, as for motion detection or a smaller view: on the device, where it can do that. */
export function sampleDecode(codec: VideoCodec): DecodeRequest {
  return { codec, ...source, width: 640, height: 360 };
}

/** As the encoder gets its pictures: at their own size. */
export const sampleDecodeWhole: DecodeRequest = { codec: 'h264', ...source, width: sample.width, height: sample.height };

export const sampleEncode: EncodeRequest = { ...source, width: sample.width, height: sample.height, fps: sample.fps, ...encoding };

/** In the source's shape, so that the pictures stay on the device where they can. */
export function sampleRecording(codec: VideoCodec): RecordingConversionRequest {
  return { codec, ...source, width: 640, height: 360, maxFps: sample.fps, keyframeSeconds: 4, fromSeconds: 0, ...encoding };
}

/** The sample as fragmented MP4; four folders up, as the compiled file lies in dist/src/ffmpeg/hardware. */
export function readSample(codec: VideoCodec): Promise<Buffer> {
  return readFile(new URL(`../../../../samples/${codec}.mp4`, import.meta.url));
}
