import type { RtspTransport, TestPattern } from '../media/camera-source.js';
import type { DeviceMode } from '../policy/device-mode.js';
import { jpegsOnStdin } from './arguments.js';
import { testPatternFilters, testToneFilter } from './test-pattern.js';

/** How FFmpeg opens what a camera sends: everything up to the last `-i`. */

/** FFmpeg's name of the system's way to capture devices. */
export type CaptureSystem = 'v4l2' | 'avfoundation' | 'dshow';

/** 'hls' comes in files of some seconds. */
export type HttpStream = 'hls' | 'stream';

export type IngestInput =
  /** With credentials, like all addresses here. */
  | { readonly kind: 'rtsp'; readonly url: string; readonly transport: RtspTransport }
  | { readonly kind: 'rtmp'; readonly url: string }
  | { readonly kind: 'srt'; readonly url: string }
  | { readonly kind: 'http'; readonly url: string; readonly content: HttpStream }
  /** JPEGs in NUT on stdin, each with its time. */
  | { readonly kind: 'jpegs' }
  /** `device` as the system names it: a path, a name, or on macOS a number. */
  | { readonly kind: 'device'; readonly system: CaptureSystem; readonly device: string; readonly mode: DeviceMode }
  /** `startSeconds`: the time of day that its clock begins with. */
  | ({ readonly kind: 'test'; readonly startSeconds: number } & TestPattern)
  | { readonly kind: 'arguments'; readonly arguments: readonly string[] };

export interface InputManner {
  /** Whether its sound is wanted too. */
  readonly sound: boolean;
  /** Its parameter sets come late: so that FFmpeg waits longer for them. */
  readonly patient: boolean;
  /** 'arrival': the times of its packets are those at which they come. */
  readonly times: 'camera' | 'arrival';
}

/** A frozen camera ends FFmpeg after this, also when this process is long gone, in microseconds. */
const inputTimeoutUs = 5_000_000;
/**
 * For what FFmpeg waits for several times. RTMP: for what is due, and once more as it ends; it is gone after 5 s, and a pause of 3.3 s does no
 * harm (5.1 and 7.0). HLS: for the list, on a connection that it had and on a new one, after it has shown what it has.
 */
const shortTimeoutUs = 2_500_000;
/**
 * How HLS is read: in the time that it shows, as its files come whole, from the last but one on. From the newest on, FFmpeg has to wait for the
 * next file each time and passes it on in a burst (7.0: pauses of 2 s with files of 2 s); the default, one more, is 2 s further behind. Faster
 * than it shows (`-readrate`) would end there too.
 */
const hlsReading = ['-live_start_index', '-2', '-re'] as const;
/**
 * A keyframe comes all at once. With FFmpeg's 384 KiB, one of 25 Mbit/s lost packets on its way through a quiet machine; with this, none. As far as the system lets
 * it (Linux: net.core.rmem_max). What comes in another order is put right for 100 ms by FFmpeg itself.
 */
const udpBufferBytes = 4 * 1024 * 1024;
/** Looking at the stream before the first packet: parameter sets usually are in the camera's description already. */
const analyzeUs = 1_000_000;
/** Long enough for the keyframe intervals of "smart codecs", and within the time that a first picture may take: so long, or so many bytes. */
const patient = { analyzeUs: 12_000_000, probeBytes: 50_000_000 } as const;

/**
 * FFmpeg goes by the camera's wall clock where it has sound. A time further away than this, 30 h unless told otherwise, it replaces by a
 * guess; without a limit the picture's time crawls, as after smaller steps, and that is seen (`CrawlWatch`). In seconds: 300 years.
 */
const believedStepSeconds = '1e10';

/**
 * The number of the input that the sound is in, and whether it has to be encoded to be kept; undefined where there is none.
 * @param pictureIn where the picture is: of several inputs the first has it, and the last the sound, or the other way round.
 */
export function soundIn(input: IngestInput, pictureIn = 0): { readonly input: number; readonly encoded: boolean } | undefined {
  switch (input.kind) {
    case 'jpegs':
    case 'device':
      return undefined;
    case 'test':
      return { input: 1, encoded: true };
    case 'arguments':
      return { input: pictureIn > 0 ? 0 : input.arguments.filter((argument) => argument === '-i').length - 1, encoded: false };
    default:
      return { input: 0, encoded: false };
  }
}

/** Whether FFmpeg ends soon when nothing comes at all. */
export function endsInSilence({ kind }: IngestInput): boolean {
  return kind === 'rtsp' || kind === 'rtmp' || kind === 'srt' || kind === 'http';
}

export function inputArguments(input: IngestInput, manner: InputManner): string[] {
  const looking = manner.patient ? ['-analyzeduration', String(patient.analyzeUs), '-probesize', String(patient.probeBytes)] : ['-analyzeduration', String(analyzeUs)];
  return ['-fflags', '+genpts+discardcorrupt', ...looking, ...(manner.times === 'arrival' ? ['-use_wallclock_as_timestamps', '1'] : []), ...opening(input, manner)];
}

function opening(input: IngestInput, { sound }: InputManner): string[] {
  switch (input.kind) {
    case 'rtsp':
      return [
        '-timeout', String(inputTimeoutUs),
        '-rtsp_transport', input.transport,
        ...(input.transport === 'udp' ? ['-buffer_size', String(udpBufferBytes)] : []),
        // Without `audio`, or a microphone, FFmpeg is kept from the camera's wall clock, which some set back.
        ...(sound ? ['-dts_error_threshold', believedStepSeconds, '-allowed_media_types', 'video+audio'] : ['-allowed_media_types', 'video']),
        '-i', input.url,
      ]; // prettier-ignore
    case 'rtmp':
      // `-timeout` would make FFmpeg wait for somebody to call.
      return ['-rw_timeout', String(shortTimeoutUs), '-i', input.url];
    case 'srt':
      return ['-rw_timeout', String(inputTimeoutUs), '-i', input.url];
    case 'http':
      return ['-rw_timeout', String(input.content === 'hls' ? shortTimeoutUs : inputTimeoutUs), ...(input.content === 'hls' ? hlsReading : []), '-i', input.url];
    case 'jpegs':
      return [...jpegsOnStdin];
    case 'device':
      return captureArguments[input.system](input.device, input.mode);
    case 'test':
      return ['-re', '-f', 'lavfi', '-i', testPatternFilters(input, input.startSeconds), ...(sound ? ['-re', '-f', 'lavfi', '-i', testToneFilter] : [])];
    case 'arguments':
      return [...input.arguments];
  }
}

/** Half a second of the largest uncompressed pictures. */
const dshowBufferBytes = '64M';

const captureArguments: Readonly<Record<CaptureSystem, (device: string, mode: DeviceMode) => string[]>> = {
  v4l2: (device, { format, width, height, fps }) => ['-f', 'v4l2', '-input_format', format, '-video_size', `${width}x${height}`, '-framerate', String(fps), '-i', device],
  avfoundation: (device, { format, width, height, fps }) => ['-f', 'avfoundation', '-pixel_format', format, '-video_size', `${width}x${height}`, '-framerate', String(fps), '-i', `${device}:none`],
  dshow: (device, { format, width, height, fps }) => [
    '-f', 'dshow',
    // Less than a large picture by itself: it would drop them all.
    '-rtbufsize', dshowBufferBytes,
    ...(format === 'mjpeg' || format === 'h264' ? ['-vcodec', format] : ['-pixel_format', format]),
    '-video_size', `${width}x${height}`,
    '-framerate', String(fps),
    '-i', `video=${device}`,
  ], // prettier-ignore
};
