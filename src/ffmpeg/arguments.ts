/** Command lines of FFmpeg, and what all of them share. Arrays only; nothing outside this room builds arguments. */

/** The MP4 on stdin says all there is to know. 0 would mean the default (21 pictures), and `-fflags nobuffer` waits for the second keyframe. */
export const startAtOnce = ['-analyzeduration', '1'];

/** What all share: quiet but for errors, no terminal. */
export const common = ['-hide_banner', '-nostdin', '-loglevel', 'error'];

/**
 * Every frame at once as a fragment of its own, with the edit list that makes one clock of all outputs (docs/architecture.md).
 * Without `skip_trailer` FFmpeg remembers each fragment for an index at the end that never comes: some 130 MB a day at 30 fps.
 */
export const perFrameMp4 = ['-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1'];

/** JPEGs as NUT on stdin, which says all there is to know. With more threads the decoder keeps some back. */
export const jpegsOnStdin = ['-threads', '1', '-probesize', '32', '-fpsprobesize', '0', '-f', 'nut', '-i', 'pipe:0'];

export interface StillRequest {
  /** The picture keeps its shape and fits into this box. */
  readonly width: number;
  readonly height: number;
  /** Of what is decoded for it. */
  readonly interlaced?: boolean | undefined;
}

/** One keyframe on stdin: a second thread would only cost time. */
const keyframeInput = ['-threads', '1', ...startAtOnce, '-f', 'mp4', '-i', 'pipe:0'];

/** One keyframe as fragmented MP4 on stdin (read faster than bare NAL units: the size stands in front), one JPEG on stdout. */
export function stillArguments({ width, height, interlaced = false }: StillRequest): string[] {
  return [
    ...common,
    ...keyframeInput,
    '-frames:v', '1',
    '-vf', [...oneField(interlaced), `scale=${fitInto(width, height)}:out_range=full`, 'format=yuvj420p'].join(','),
    '-c:v', 'mjpeg',
    '-q:v', '4',
    '-f', 'image2pipe',
    'pipe:1',
  ]; // prettier-ignore
}

/** One keyframe as fragmented MP4 on stdin, the picture on stdout: exactly of this size, I420 in limited range without anything around it. */
export function decodedStillArguments({ width, height, interlaced = false }: StillRequest): string[] {
  return [
    ...common,
    ...keyframeInput,
    '-map', '0:v:0',
    '-frames:v', '1',
    '-vf', [...oneField(interlaced), `scale=w=${width}:h=${height}:out_range=tv`, 'format=yuv420p'].join(','),
    '-f', 'rawvideo',
    'pipe:1',
  ]; // prettier-ignore
}

/** Pictures as fragmented MP4 on stdin, from a keyframe on; of the one with this time (in seconds of the MP4) a JPEG on stdout. */
export function momentStillArguments({ width, height, interlaced = false }: StillRequest, seconds: number): string[] {
  return [
    ...common,
    ...startAtOnce,
    '-copyts',
    '-f', 'mp4',
    '-i', 'pipe:0',
    '-map', '0:v:0',
    '-vf', [`select='gte(t,${seconds.toFixed(4)})'`, ...oneField(interlaced), `scale=${fitInto(width, height)}:out_range=full`, 'format=yuvj420p'].join(','),
    '-frames:v', '1',
    '-c:v', 'mjpeg',
    '-q:v', '4',
    '-f', 'image2pipe',
    'pipe:1',
  ]; // prettier-ignore
}

/** One JPEG as NUT on stdin, one on stdout, changed by these filters before. */
export function jpegStillArguments({ width, height }: StillRequest, filters: readonly string[]): string[] {
  return [
    ...common,
    ...startAtOnce,
    ...jpegsOnStdin,
    '-map', '0:v:0',
    '-frames:v', '1',
    '-vf', [...filters, `scale=${fitInto(width, height)}:out_range=full`, 'format=yuvj420p'].join(','),
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

/** One field of a picture that is alone, in full size: with nothing to compare, a deinterlacer would leave the comb. */
export const singleField = ['field=top', 'scale=w=iw:h=2*ih'] as const;

function oneField(interlaced: boolean): readonly string[] {
  return interlaced ? singleField : [];
}

/** Scales into the box, never up, to even sizes. */
function fitInto(width: number, height: number): string {
  return `w='min(${width},iw)':h='min(${height},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2`;
}
