import type { SoundAsk } from '../policy/sound-choice.js';

/** Every FFmpeg command line of the plugin. Arrays only; nothing else in the project builds arguments. */

export interface IngestSource {
  /** rtsp:// or rtsps://, with credentials. */
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
}

export interface IngestRequest extends IngestSource {
  /** The container for the sound; absent where the camera has none, or nobody is to hear it. */
  readonly sound?: Exclude<SoundAsk, 'none'> | undefined;
}

/**
 * Sound comes out so soon, which a listener waits for; or at this size, should its time stand still: half a second of the least AAC, and
 * more than 40 ms of what cameras usually send. How often it is read is another matter.
 */
const soundFragment = { us: 40_000, bytes: 512 } as const;

/**
 * FFmpeg goes by the camera's wall clock where it has sound. A time further away than this, 30 h unless told otherwise, it replaces by a
 * guess; without a limit the picture's time crawls, as after smaller steps, and that is seen (`CrawlWatch`). In seconds: 300 years.
 */
const believedStepSeconds = '1e10';

/** A frozen camera ends FFmpeg after this, also when this process is long gone, in microseconds. */
const inputTimeoutUs = 5_000_000;
/** Looking at the stream before the first packet: parameter sets usually are in the camera's description already. */
const analyzeUs = 1_000_000;

/** The MP4 on stdin says all there is to know. 0 would mean the default (21 pictures), and `-fflags nobuffer` waits for the second keyframe. */
export const startAtOnce = ['-analyzeduration', '1'];

/** What all share: quiet but for errors, no terminal. */
export const common = ['-hide_banner', '-nostdin', '-loglevel', 'error'];

/**
 * Every frame at once as a fragment of its own, with the edit list that makes one clock of all outputs (docs/architecture.md).
 * Without `skip_trailer` FFmpeg remembers each fragment for an index at the end that never comes: some 130 MB a day at 30 fps.
 */
export const perFrameMp4 = ['-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1'];

/**
 * Opens a camera once and copies its picture to stdout as fragmented MP4, a fragment a frame; its sound, where asked for, to a
 * pipe of its own (3): in one muxer a microphone that stalls would hold up the picture. Without a microphone that output has no
 * stream and FFmpeg ends (`-vn`: or it would take the picture once more).
 */
export function ingestArguments({ url, transport, sound }: IngestRequest): string[] {
  return [
    ...common,
    '-fflags', '+genpts+discardcorrupt',
    '-analyzeduration', String(analyzeUs),
    '-timeout', String(inputTimeoutUs),
    '-rtsp_transport', transport,
    // Without `audio`, or a microphone, FFmpeg is kept from the camera's wall clock, which some set back.
    ...(sound ? ['-dts_error_threshold', believedStepSeconds, '-allowed_media_types', 'video+audio'] : ['-allowed_media_types', 'video']),
    '-i', url,
    '-map', '0:v:0',
    '-c', 'copy',
    ...perFrameMp4,
    'pipe:1',
    ...(sound ? ['-map', '0:a:0?', '-vn', '-c', 'copy', '-f', sound, '-movflags', 'delay_moov+default_base_moof+skip_trailer', '-frag_duration', String(soundFragment.us), '-frag_size', String(soundFragment.bytes), '-flush_packets', '1', 'pipe:3'] : []),
  ]; // prettier-ignore
}

export interface StillRequest {
  /** The picture keeps its shape and fits into this box. */
  readonly width: number;
  readonly height: number;
}

/** One keyframe on stdin: a second thread would only cost time. */
const keyframeInput = ['-threads', '1', ...startAtOnce, '-f', 'mp4', '-i', 'pipe:0'];

/** One keyframe as fragmented MP4 on stdin (read faster than bare NAL units: the size stands in front), one JPEG on stdout. */
export function stillArguments({ width, height }: StillRequest): string[] {
  return [
    ...common,
    ...keyframeInput,
    '-frames:v', '1',
    '-vf', `scale=${fitInto(width, height)}:out_range=full,format=yuvj420p`,
    '-c:v', 'mjpeg',
    '-q:v', '4',
    '-f', 'image2pipe',
    'pipe:1',
  ]; // prettier-ignore
}

/** One keyframe as fragmented MP4 on stdin, the picture on stdout: exactly of this size, I420 in limited range without anything around it. */
export function decodedStillArguments({ width, height }: StillRequest): string[] {
  return [
    ...common,
    ...keyframeInput,
    '-map', '0:v:0',
    '-frames:v', '1',
    '-vf', `scale=w=${width}:h=${height}:out_range=tv,format=yuv420p`,
    '-f', 'rawvideo',
    'pipe:1',
  ]; // prettier-ignore
}

/** Pictures as fragmented MP4 on stdin, from a keyframe on; of the one with this time (in seconds of the MP4) a JPEG on stdout. */
export function momentStillArguments({ width, height }: StillRequest, seconds: number): string[] {
  return [
    ...common,
    ...startAtOnce,
    '-copyts',
    '-f', 'mp4',
    '-i', 'pipe:0',
    '-map', '0:v:0',
    '-vf', `select='gte(t,${seconds.toFixed(4)})',scale=${fitInto(width, height)}:out_range=full,format=yuvj420p`,
    '-frames:v', '1',
    '-c:v', 'mjpeg',
    '-q:v', '4',
    '-f', 'image2pipe',
    'pipe:1',
  ]; // prettier-ignore
}

/**
 * One I420 picture after the other as NUT on stdin (limited range, as a FramePool has them), a JPEG of each on stdout before the next one comes.
 * NUT says all there is to know (`-probesize 32`, or FFmpeg waits for twenty pictures), and with more threads the encoder keeps some back.
 */
export function pictureStillArguments({ width, height }: StillRequest, libavutilMajor: number): string[] {
  return [
    ...common,
    '-threads', '1',
    '-probesize', '32',
    '-f', 'nut',
    '-i', 'pipe:0',
    '-map', '0:v:0',
    '-vf', `scale=${fitInto(width, height)}:in_range=tv:out_range=full,format=yuvj420p`,
    ...passthrough(libavutilMajor),
    '-c:v', 'mjpeg',
    '-threads', '1',
    '-q:v', '4',
    '-f', 'image2pipe',
    '-flush_packets', '1',
    'pipe:1',
  ]; // prettier-ignore
}

/**
 * Lets a picture pass when the next one is due (10 % early is in time), and the one after is due a step later, so that of 30 pictures
 * 24 pass where 24 are wanted. After a gap no more than one is made up for.
 */
export function atMostFps(fps: number, wanted?: string): string {
  const step = (1 / fps).toFixed(5);
  const isDue = `gte(t+${(0.1 / fps).toFixed(5)},ld(0))`;
  return `select='if(${wanted === undefined ? '' : `${wanted}*`}${isDue},st(0,max(ld(0)+${step},t)),0)'`;
}

/** Pictures are neither left out nor repeated. 5.0 does not know `-fps_mode` yet. */
export function passthrough(libavutilMajor: number): string[] {
  return [libavutilMajor >= 58 ? '-fps_mode' : '-vsync', 'passthrough'];
}

/** Scales into the box, never up, to even sizes. */
function fitInto(width: number, height: number): string {
  return `w='min(${width},iw)':h='min(${height},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2`;
}
