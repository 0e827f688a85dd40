import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readOggOpus } from './ogg-opus.js';
import { joinOpus } from './opus-packets.js';

/** What is said, in one channel, at half of full scale. */
export interface SpokenTone {
  /** 600 unless told. */
  readonly toneHz?: number;
  /** Silence, then the tone, again and again, both in whole packets; without it the tone never stops. */
  readonly beeps?: { readonly silenceMs: number; readonly toneMs: number };
  /** How much is made; 10 unless told. */
  readonly seconds?: number;
}

/** In which form. */
export interface SpokenFormat {
  readonly ffmpegPath: string;
  readonly sampleRateKhz: number;
  readonly packetTimeMs: number;
  /** 24 unless told. */
  readonly bitrateKbps?: number;
}

/** One packet of it. */
export interface SpokenPacket {
  readonly payload: Buffer;
  /** It has the tone from its beginning; what a decoder gives lags by libopus's 6.5 ms. */
  readonly tone: boolean;
}

const run = promisify(execFile);
/** By itself libopus changes the bandwidth with what it hears, and frames of two bandwidths cannot share a packet. */
const ofOneKind = ['-cutoff', '8000'];

/** Has FFmpeg encode it. 30 ms are three frames of 10 in a packet, for Opus has no such frame. */
export async function encodeOpus({ toneHz = 600, beeps, seconds = 10 }: SpokenTone, { ffmpegPath, sampleRateKhz, packetTimeMs, bitrateKbps = 24 }: SpokenFormat): Promise<SpokenPacket[]> {
  const inPackets = (ms: number): number => Math.max(1, Math.round(ms / packetTimeMs));
  const rhythm = beeps ? { silent: inPackets(beeps.silenceMs), tone: inPackets(beeps.toneMs) } : { silent: 0, tone: 1 };
  const periodSeconds = ((rhythm.silent + rhythm.tone) * packetTimeMs) / 1000;
  // Half a sample to spare: times of samples are not exact.
  const onset = `mod(t+${0.0005 / sampleRateKhz},${periodSeconds})-${(rhythm.silent * packetTimeMs) / 1000}`;
  const source = `aevalsrc='0.5*sin(2*PI*${toneHz}*t)*gte(${onset},0)':s=${sampleRateKhz * 1000}:d=${seconds}`;
  const framesEach = packetTimeMs === 30 ? 3 : 1;
  const encoder = ['-c:a', 'libopus', '-application', 'voip', '-b:a', `${bitrateKbps}k`, '-frame_duration', String(packetTimeMs / framesEach), ...(framesEach > 1 ? ofOneKind : [])];
  const { stdout } = await run(ffmpegPath, ['-v', 'error', '-f', 'lavfi', '-i', source, ...encoder, '-f', 'ogg', 'pipe:1'], { encoding: 'buffer', maxBuffer: 1 << 24 });
  const frames = readOggOpus(stdout);
  return Array.from({ length: Math.floor(frames.length / framesEach) }, (_, index) => {
    const parts = frames.slice(index * framesEach, (index + 1) * framesEach);
    return { payload: framesEach === 1 ? Buffer.concat(parts) : joinOpus(parts), tone: index % (rhythm.silent + rhythm.tone) >= rhythm.silent };
  });
}
