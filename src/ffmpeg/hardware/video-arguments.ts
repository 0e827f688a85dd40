import { common, passthrough, perFrameMp4, startAtOnce } from '../arguments.js';
import { fitInto, staysOnDevice, toMemory, toSurface } from './picture-filters.js';
import type { VideoCodec } from '../../media/access-unit.js';
import type { EncodingJob } from './presets.js';
import type { DecodeRequest, EncodedVideo, EncodeRequest, HardwareUse, RecordingConversionRequest, SourceVideo } from './requests.js';

/** The command lines of decoders, encoders and converted recordings, for every preset. */

/** A live view starts within this at the latest. */
const liveKeyframeSeconds = 2;
/** How much the bitrate may run ahead, in seconds of it: with this what is sent in any 2 s, packets and all, stays below 1.2 times the bitrate. */
const liveBufferSeconds = 0.2;
const recordingBufferSeconds = 2;

/** Otherwise three or four pictures go in before the first comes out, for guessing a rate that is stated, or that nobody needs. */
const withoutGuessingRate = ['-fpsprobesize', '0'];

export function decodeArguments(use: HardwareUse, request: DecodeRequest): string[] {
  return [
    ...common,
    ...opened(use),
    ...startAtOnce,
    ...withoutGuessingRate,
    '-copyts',
    '-flags', '+low_delay',
    ...camera(use, request),
    '-vf', [...toMemory(use, request, request, request), 'format=yuv420p'].join(','),
    ...timesUnchanged(use),
    '-c:v', 'rawvideo',
    // With more it keeps a picture back for each.
    '-threads', '1',
    // Without write_index 0 it remembers every picture for an index that never comes.
    '-f', 'nut', '-write_index', '0', '-flush_packets', '1', 'pipe:1',
  ]; // prettier-ignore
}

export function encodeArguments(use: HardwareUse, request: EncodeRequest): string[] {
  const { width, height, sourceWidth, sourceHeight } = request;
  const scaling = width === sourceWidth && height === sourceHeight ? [] : [`scale=w=${width}:h=${height}`];
  return [
    ...common,
    ...opened(use),
    ...startAtOnce,
    ...withoutGuessingRate,
    '-copyts',
    '-f', 'nut', '-i', 'pipe:0',
    '-map', '0:v:0',
    '-vf', ['setparams=range=tv', ...scaling, 'setsar=1', ...use.preset.encoding.upload].join(','),
    ...encoder(use, request, { purpose: 'live', fps: request.fps, keyframeSeconds: liveKeyframeSeconds, bufferSeconds: liveBufferSeconds }),
  ]; // prettier-ignore
}

/** Both uses are of the same FFmpeg, and of the same device where they are of the same preset. */
export function recordingConversionArguments(decode: HardwareUse, encode: HardwareUse, request: RecordingConversionRequest): string[] {
  const { maxFps, keyframeSeconds } = request;
  return [
    ...common,
    ...opened(decode),
    ...(encode.preset === decode.preset ? [] : opened(encode)),
    ...startAtOnce,
    '-copyts',
    ...camera(decode, request),
    '-vf', recordingFilters(decode, encode, request).join(','),
    ...encoder(encode, request, { purpose: 'recording', fps: maxFps, keyframeSeconds, bufferSeconds: recordingBufferSeconds }),
  ]; // prettier-ignore
}

function recordingFilters(decode: HardwareUse, encode: HardwareUse, request: RecordingConversionRequest): string[] {
  const { width, height } = request;
  if (staysOnDevice(decode, encode, request)) {
    return toSurface(decode, request, request, request);
  }
  const fitted = fitInto(request, request);
  const bars = fitted.width === width && fitted.height === height ? [] : [`pad=${width}:${height}:-1:-1`];
  return [...toMemory(decode, request, fitted, request), ...bars, ...encode.preset.encoding.upload];
}

/** What opens the device, before any input. */
export function opened({ preset, device }: HardwareUse): readonly string[] {
  return preset.open?.(device) ?? [];
}

function camera(use: HardwareUse, { codec }: SourceVideo): string[] {
  return [...decoder(use, codec), '-f', 'mp4', '-i', 'pipe:0', '-map', '0:v:0'];
}

/** What has the next input decoded by this. */
export function decoder({ preset }: HardwareUse, codec: VideoCodec): string[] {
  const { needs, decoding } = preset;
  const name = needs.decoders[codec];
  return [
    ...(needs.hwaccel === undefined ? [] : ['-hwaccel', needs.hwaccel]),
    ...(decoding.surface === undefined ? [] : ['-hwaccel_output_format', decoding.surface]),
    ...(decoding.options ?? []),
    ...(name === undefined ? [] : ['-c:v', name]),
  ];
}

export interface Pace extends Pick<EncodingJob, 'purpose' | 'fps'> {
  readonly keyframeSeconds: number;
  /** How much the bitrate may run ahead, in seconds of it. */
  readonly bufferSeconds: number;
}

/** H.264 as fragmented MP4 on stdout: the last of a command line's arguments for it. */
export function encoder(use: HardwareUse, { bitrateKbps, profile, level, height }: Omit<EncodedVideo, 'width'>, pace: Pace): string[] {
  const { ffmpeg, preset } = use;
  const { needs, encoding } = preset;
  const { purpose, fps, keyframeSeconds, bufferSeconds } = pace;
  return [
    ...timesUnchanged(use),
    '-c:v', needs.encoder,
    ...encoding.settings({ purpose, height, fps, libavutilMajor: ffmpeg.libavutilMajor }),
    '-profile:v', encoding.profiles[profile],
    '-level:v', encoding.levels[level],
    '-b:v', `${bitrateKbps}k`,
    '-maxrate', `${bitrateKbps}k`,
    '-bufsize', `${Math.round(bitrateKbps * bufferSeconds)}k`,
    '-force_key_frames', keyframeEvery(keyframeSeconds),
    '-g', String(longestGop(use, pace)),
    '-avoid_negative_ts', 'disabled',
    ...perFrameMp4,
    'pipe:1',
  ]; // prettier-ignore
}

/**
 * The first picture, and the first at or after each multiple of this. Counted with `n_forced` instead, every picture would be one after the
 * camera was away, until the count had caught up.
 */
function keyframeEvery(seconds: number): string {
  return `expr:if(isnan(prev_forced_t),1,gt(floor(t/${seconds}),floor(prev_forced_t/${seconds})))`;
}

/** In pictures. Where time makes the keyframes, counting must not come first: the times of cameras are not even. */
function longestGop({ ffmpeg, preset }: HardwareUse, { fps, keyframeSeconds }: Pace): number {
  const byTime = ffmpeg.libavutilMajor >= (preset.encoding.forcesKeyframesSinceLibavutil ?? 0);
  return byTime ? Math.ceil(fps * keyframeSeconds * 2) : Math.floor(fps * keyframeSeconds);
}

/** FFmpeg would round times to the distance of the first two pictures. */
function timesUnchanged({ ffmpeg }: HardwareUse): string[] {
  return [...passthrough(ffmpeg.libavutilMajor), '-enc_time_base', '1:90000'];
}
