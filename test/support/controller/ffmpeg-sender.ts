import { spawn } from 'node:child_process';
import type { SrtpKeys } from './rtp-capture.js';

/** What FFmpeg is to send. */
export interface SendOptions {
  readonly ffmpegPath: string;
  /** On 127.0.0.1, for RTP and RTCP. */
  readonly port: number;
  readonly keys: SrtpKeys;
  readonly frames: number;
}

/** FFmpeg as camera plugins use it: 640x360 at 30 fps in real time, a keyframe every second, SRTP in packets of 1200 bytes. */
export async function sendWithFfmpeg({ ffmpegPath, port, keys, frames }: SendOptions): Promise<void> {
  const source = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-frames:v', String(frames)];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-bf', '0', '-g', '30', '-b:v', '2M', '-pix_fmt', 'yuv420p'];
  const srtp = ['-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', Buffer.concat([keys.key, keys.salt]).toString('base64')];
  const output = ['-payload_type', '99', '-rtpflags', 'send_bye', '-f', 'rtp', ...srtp, `srtp://127.0.0.1:${port}?rtcpport=${port}&pkt_size=1200`];
  const child = spawn(ffmpegPath, ['-v', 'error', ...source, ...codec, ...output], { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) {
    throw new Error(`FFmpeg exited with ${String(code)}.`);
  }
}
