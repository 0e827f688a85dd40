import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { soundFormats } from './sound-formats.js';
import type { HeardPacket } from './speaker.js';
import { announced } from './speaker.js';

/** Sound as it was heard: 16 bits, one channel. */
export interface HeardSound {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

/** Decodes what was heard, packet after packet, by payload type; gaps in the times are not filled. AAC goes through FFmpeg. */
export async function decodeHeard(packets: readonly Pick<HeardPacket, 'payloadType' | 'payload'>[], ffmpegPath = 'ffmpeg'): Promise<HeardSound> {
  const payloads = Buffer.concat(packets.map(({ payload }) => payload));
  switch (packets[0]?.payloadType) {
    case undefined:
      return { samples: new Int16Array(), sampleRate: 8000 };
    case announced.pcm_mulaw.payloadType:
      return { samples: Int16Array.from(payloads, muLawSample), sampleRate: 8000 };
    case announced.pcm_alaw.payloadType:
      return { samples: Int16Array.from(payloads, aLawSample), sampleRate: 8000 };
    case announced.aac.payloadType:
      return await decodeAac(packets.flatMap(({ payload }) => accessUnits(payload)), ffmpegPath);
    default:
      throw new Error(`Payload type ${packets[0]?.payloadType} was offered by nobody.`);
  }
}

/** Share of the power that is at this frequency, 0 to 1, by the Goertzel algorithm: a tone is near 1, noise and other tones near 0. */
export function shareOfTone({ samples, sampleRate }: HeardSound, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / sampleRate);
  let [before, last, power] = [0, 0, 0];
  for (const sample of samples) {
    [before, last] = [last, sample + coefficient * last - before];
    power += sample * sample;
  }
  const atTone = before * before + last * last - coefficient * before * last;
  return power === 0 ? 0 : (2 * atTone) / (power * samples.length);
}

/** ITU-T G.711, as in RFC 3551 4.5.14. */
function muLawSample(byte: number): number {
  const inverted = ~byte & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4)) - 0x84;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function aLawSample(byte: number): number {
  const even = byte ^ 0x55;
  const exponent = (even & 0x70) >> 4;
  const mantissa = ((even & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return even & 0x80 ? magnitude : -magnitude;
}

/** The frames of an AAC-hbr payload (RFC 3640 3.2). */
function accessUnits(payload: Buffer): Buffer[] {
  const headers = payload.readUInt16BE(0) / 16;
  const frames: Buffer[] = [];
  let at = 2 + 2 * headers;
  for (let index = 0; index < headers; index += 1) {
    const end = at + (payload.readUInt16BE(2 + 2 * index) >> 3);
    frames.push(payload.subarray(at, end));
    at = end;
  }
  if (at !== payload.length) {
    throw new Error('An AAC payload whose headers do not fit.');
  }
  return frames;
}

async function decodeAac(frames: readonly Buffer[], ffmpegPath: string): Promise<HeardSound> {
  const { sampleRate } = soundFormats.aac;
  const adts = Buffer.concat(frames.flatMap((frame) => [adtsHeader(frame.length), frame]));
  const args = ['-hide_banner', '-loglevel', 'error', '-f', 'aac', '-i', 'pipe:0', '-f', 's16le', '-ac', '1', '-ar', String(sampleRate), 'pipe:1'];
  const child = spawn(ffmpegPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(adts);
  const bytes = await buffer(child.stdout);
  return { samples: Int16Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readInt16LE(2 * index)), sampleRate };
}

/** ISO/IEC 14496-3 1.A.2: AAC-LC, 16 kHz, mono, as it was offered. */
function adtsHeader(frameBytes: number): Buffer {
  const length = frameBytes + 7;
  return Buffer.from([0xff, 0xf1, 0x60, 0x40 | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc]);
}
