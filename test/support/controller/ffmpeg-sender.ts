import { spawn, type ChildProcess } from 'node:child_process';
import type { SrtpKeys } from './rtp-capture.js';

/** Where FFmpeg sends SRTP and SRTCP. */
export interface SrtpDestination {
  /** On 127.0.0.1, for RTP and RTCP. */
  readonly port: number;
  readonly keys: SrtpKeys;
}

/** What FFmpeg is to send. */
export interface SendOptions extends SrtpDestination {
  readonly ffmpegPath: string;
  readonly frames: number;
}

/** A sound that FFmpeg is to send. */
export interface SendSoundOptions extends SrtpDestination {
  readonly ffmpegPath: string;
  /** Of FFmpeg's lavfi. */
  readonly source: string;
  readonly frameMs?: 20 | 40 | 60;
}

/** A stream whose picture FFmpeg is to copy, and whose sound to encode. */
export interface RelayOptions {
  readonly ffmpegPath: string;
  readonly url: string;
  readonly seconds: number;
  readonly picture: SrtpDestination;
  readonly sound: SrtpDestination;
  /** By how much the sender reports put the sound too late. */
  readonly soundLateMs: number;
}

/** FFmpeg while it sends. */
export interface Sending {
  readonly child: ChildProcess;
  /** Rejects when FFmpeg fails. */
  readonly ended: Promise<void>;
}

/** FFmpeg as camera plugins use it: 640x360 at 30 fps in real time, a keyframe every second, SRTP in packets of 1200 bytes. */
export async function sendWithFfmpeg({ ffmpegPath, frames, ...to }: SendOptions): Promise<void> {
  const source = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-frames:v', String(frames)];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-bf', '0', '-g', '30', '-b:v', '2M', '-pix_fmt', 'yuv420p'];
  await run(ffmpegPath, [...source, ...codec, '-payload_type', '99', '-rtpflags', 'send_bye', ...srtp(to)]).ended;
}

/** A sound as Opus in real time, with RTP times at 48 kHz (RFC 7587 4.1). */
export function sendSoundWithFfmpeg({ ffmpegPath, source, frameMs = 20, ...to }: SendSoundOptions): Sending {
  return run(ffmpegPath, ['-re', '-f', 'lavfi', '-i', source, ...opus(frameMs), ...srtp(to)]);
}

/** Picture and sound of a stream, each to its own port; by the sender reports both began at the same moment. */
export function relayWithFfmpeg({ ffmpegPath, url, seconds, picture, sound, soundLateMs }: RelayOptions): Sending {
  const beganMs = Date.now();
  const began = (lateMs: number): string[] => ['-start_time_realtime', String((beganMs + lateMs) * 1000)];
  const length = ['-t', String(seconds)];
  const copied = ['-map', '0:v', '-c:v', 'copy', ...length, ...began(0), ...srtp(picture)];
  return run(ffmpegPath, ['-rtsp_transport', 'tcp', '-i', url, ...copied, '-map', '0:a', ...opus(20), ...length, ...began(soundLateMs), ...srtp(sound)]);
}

function opus(frameMs: number): string[] {
  return ['-c:a', 'libopus', '-b:a', '24k', '-ac', '1', '-frame_duration', String(frameMs), '-payload_type', '110'];
}

function srtp({ port, keys }: SrtpDestination): string[] {
  const suite = ['-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', Buffer.concat([keys.key, keys.salt]).toString('base64')];
  return ['-f', 'rtp', ...suite, `srtp://127.0.0.1:${port}?rtcpport=${port}&pkt_size=1200`];
}

function run(ffmpegPath: string, args: readonly string[]): Sending {
  const child = spawn(ffmpegPath, ['-v', 'error', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`FFmpeg exited with ${String(code)}.`))));
  });
  return { child, ended };
}
