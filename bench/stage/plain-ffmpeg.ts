import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** What a recording is converted to. */
export interface RecordedSize {
  readonly width: number;
  readonly height: number;
  readonly bitrateKbps: number;
}

/** Not even errors: it joins in the middle of a GOP, and the missing references are not worth a line each. */
const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'fatal'];
const settleMs = 1_000;

/** Reads the camera, copies, throws away: the least that a recorder of any kind does. */
export function stagePlainCopy(bench: Bench, url: string): Promise<PlainFfmpeg> {
  return run(bench, [...quiet, '-rtsp_transport', 'tcp', '-i', url, '-c', 'copy', '-f', 'null', '-']);
}

/** Reads the camera, copies, encrypts and sends, in C: what a plugin with an FFmpeg per viewer does. */
export function stagePlainSrtp(bench: Bench, url: string, { port, keyAndSalt }: SrtpTarget): Promise<PlainFfmpeg> {
  const srtp = ['-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', keyAndSalt.toString('base64')];
  const target = `srtp://127.0.0.1:${port}?rtcpport=${port}&pkt_size=1200`;
  return run(bench, [...quiet, '-rtsp_transport', 'tcp', '-i', url, '-c', 'copy', '-an', '-payload_type', '99', '-f', 'rtp', ...srtp, target]);
}

/** Reads the camera and makes of it what a recording at this size is made of, with the encoder's settings of the plugin. */
export function stagePlainTranscode(bench: Bench, url: string, { width, height, bitrateKbps }: RecordedSize): Promise<PlainFfmpeg> {
  const rate = ['-b:v', `${bitrateKbps}k`, '-maxrate', `${bitrateKbps}k`, '-bufsize', `${bitrateKbps * 2}k`];
  const encoder = ['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-profile:v', 'high', '-bf', '0', '-sc_threshold', '0', '-g', '118'];
  const picture = ['-an', '-vf', `scale=${width}:${height},format=yuv420p`];
  return run(bench, [...quiet, '-rtsp_transport', 'tcp', '-i', url, ...picture, ...encoder, ...rate, '-f', 'null', '-']);
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
      child.kill('SIGTERM');
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
