import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { stillArguments } from '../../src/ffmpeg/arguments.js';
import { presetTable } from '../../src/ffmpeg/hardware/presets.js';
import { ingestArguments } from '../../src/ffmpeg/ingest-arguments.js';
import type { IngestInput } from '../../src/ffmpeg/input-arguments.js';
import { encodeArguments } from '../../src/ffmpeg/hardware/video-arguments.js';
import { ingestEncoding } from '../../src/policy/ingest-encoding.js';
import type { SeenPicture } from '../../src/policy/picture-choice.js';
import { unturned } from '../../src/policy/picture-turn.js';
import type { RenditionSettings } from '../../src/policy/rendition-choice.js';
import type { Bench } from '../scenario.js';

/** An FFmpeg of our own beside Homebridge: what the work costs without the plugin. */
export interface PlainFfmpeg extends AsyncDisposable {
  readonly pid: number;
}

/** Where FFmpeg sends encrypted packets to. */
export interface SrtpTarget {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Master key and salt, 30 bytes. */
  readonly keyAndSalt: Buffer;
}

/** What a viewer asks for. */
export interface ConvertedView extends RecordedSize {
  readonly fps: number;
}

/** What a recording is converted to. */
export interface RecordedSize {
  readonly width: number;
  readonly height: number;
  readonly bitrateKbps: number;
}

/** Not even errors: it joins in the middle of a GOP, and the missing references are not worth a line each. */
const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'fatal'];
const cameraInput = ['-allowed_media_types', 'video', '-rtsp_transport', 'tcp'];
const settleMs = 1_000;

/** Reads the camera, copies, throws away: the least that a recorder of any kind does. */
export function stagePlainCopy(bench: Bench, url: string): Promise<PlainFfmpeg> {
  return run(bench, [...quiet, '-rtsp_transport', 'tcp', '-i', url, '-c', 'copy', '-f', 'null', '-']);
}

/** Reads the camera, copies, encrypts and sends, in C: what a plugin with an FFmpeg per viewer does. */
export function stagePlainSrtp(bench: Bench, url: string, target: SrtpTarget): Promise<PlainFfmpeg> {
  return run(bench, [...quiet, '-rtsp_transport', 'tcp', '-i', url, '-c', 'copy', '-an', ...asSrtp(target)]);
}

/** The same for a view that has to be converted: size, filter and encoder as homebridge-camera-ffmpeg 3.1 has them unless told otherwise. */
export function stagePlainConvertedSrtp(bench: Bench, url: string, { width, height, fps, bitrateKbps }: ConvertedView, target: SrtpTarget): Promise<PlainFfmpeg> {
  const filter = `scale='min(${width},iw)':'min(${height},ih)':force_original_aspect_ratio=decrease,scale=trunc(iw/2)*2:trunc(ih/2)*2`;
  const encoder = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-color_range', 'mpeg', '-r', String(fps), '-preset', 'ultrafast', '-tune', 'zerolatency', '-b:v', `${bitrateKbps}k`];
  return run(bench, [...quiet, '-rtsp_transport', 'tcp', '-i', url, '-an', '-filter:v', filter, ...encoder, ...asSrtp(target)]);
}

/** Reads the camera and makes of it what a recording at this size is made of, with the encoder's settings of the plugin. */
export function stagePlainTranscode(bench: Bench, url: string, { width, height, bitrateKbps }: RecordedSize): Promise<PlainFfmpeg> {
  const rate = ['-b:v', `${bitrateKbps}k`, '-maxrate', `${bitrateKbps}k`, '-bufsize', `${bitrateKbps * 2}k`];
  const encoder = ['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-profile:v', 'high', '-bf', '0', '-sc_threshold', '0', '-g', '118'];
  const picture = ['-an', '-vf', `scale=${width}:${height},format=yuv420p`];
  return run(bench, [...quiet, '-rtsp_transport', 'tcp', '-i', url, ...picture, ...encoder, ...rate, '-f', 'null', '-']);
}

/** Reads the camera (1920x1080) and makes a rendition of it, with the plugin's own filters and encoder settings. */
export function stagePlainRendition(bench: Bench, url: string, rendition: RenditionSettings): Promise<PlainFfmpeg> {
  const plugins = encodeArguments({ ffmpeg: bench.ffmpeg, preset: presetTable.software }, { ...rendition, sourceWidth: 1920, sourceHeight: 1080 });
  return run(bench, [...quiet, ...cameraInput, '-i', url, ...from('-map', plugins)]);
}

/** Reads the camera and gives small grey pictures, as a motion detector wants them. */
export function stagePlainMotion(bench: Bench, url: string, { width, height, fps }: { readonly width: number; readonly height: number; readonly fps: number }): Promise<PlainFfmpeg> {
  return run(bench, [...quiet, ...cameraInput, '-i', url, '-map', '0:v:0', '-vf', `fps=${fps},scale=${width}:${height},format=gray`, '-f', 'rawvideo', 'pipe:1']);
}

/** An FFmpeg for each snapshot, one after the other at the given distance; how they end does not wait for the next one. */
export interface PlainSnapshots extends AsyncDisposable {
  /** So many ended with a JPEG, and so many without. */
  counts(): { readonly taken: number; readonly failed: number };
  /** Those that run now, by process id. */
  pids(): readonly number[];
}

interface SnapshotPlan {
  readonly width: number;
  readonly height: number;
  readonly everyMs: number;
}

/** Each reads the camera, leaves out what is no keyframe undecoded, and makes a JPEG of the first keyframe with the plugin's own settings. */
export function stagePlainSnapshots({ ffmpeg }: Bench, url: string, { everyMs, ...size }: SnapshotPlan): PlainSnapshots {
  const args = [...quiet, ...cameraInput, '-skip_frame', 'nokey', '-i', url, ...from('-frames:v', stillArguments(size))];
  const counts = { taken: 0, failed: 0 };
  const running = new Set<Promise<void>>();
  const pids = new Set<number | undefined>();
  const take = async (): Promise<void> => {
    const child = spawn(ffmpeg.path, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    pids.add(child.pid);
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
    const [code] = (await once(child, 'close')) as [number | null];
    pids.delete(child.pid);
    counts[code === 0 && bytes > 0 ? 'taken' : 'failed'] += 1;
  };
  const timer = setInterval(() => {
    const one: Promise<void> = take().finally(() => running.delete(one));
    running.add(one);
  }, everyMs);
  return {
    counts: () => ({ ...counts }),
    pids: () => [...pids].filter((pid) => pid !== undefined),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

function asSrtp({ port, keyAndSalt }: SrtpTarget): readonly string[] {
  const crypto = ['-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', keyAndSalt.toString('base64')];
  return ['-payload_type', '99', '-f', 'rtp', ...crypto, `srtp://127.0.0.1:${port}?rtcpport=${port}&pkt_size=1200`];
}

/** What the plugin's command line says from this option on: what is done with the picture, and nothing about where it comes from. */
function from(option: string, args: readonly string[]): readonly string[] {
  return args.slice(args.indexOf(option));
}

/** Reads pictures that cannot be copied and makes of them what the plugin makes at its ingest, with the settings of the plugin. */
export function stagePlainIngestEncode(bench: Bench, input: IngestInput, seen: SeenPicture): Promise<PlainFfmpeg> {
  const software = { ffmpeg: bench.ffmpeg, preset: presetTable.software };
  const picture = { mode: 'encode', decode: software, encode: software, seen, turn: unturned, settings: ingestEncoding(seen, unturned) } as const;
  return run(bench, ingestArguments({ input, picture, patient: false, times: 'camera', jpegs: false }));
}

async function run({ ffmpeg, signal }: Bench, args: readonly string[]): Promise<PlainFfmpeg> {
  const child = spawn(ffmpeg.path, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`${ffmpeg.path} could not be started.`);
  }
  const dispose = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      // It leaves nothing behind; and some builds of FFmpeg 7.0 do not end on SIGTERM while they read RTSP.
      child.kill('SIGKILL');
      await ended;
    }
  };
  try {
    await sleep(settleMs, undefined, { signal });
  } catch (error) {
    await dispose();
    throw error;
  }
  if (child.exitCode !== null) {
    throw new Error(`FFmpeg ended at once (${child.exitCode}): ${args.join(' ')}`);
  }
  return { pid, [Symbol.asyncDispose]: dispose };
}
