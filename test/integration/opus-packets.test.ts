import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { opusSampleEntry } from '../../src/media/fmp4-audio-entries.js';
import { Fmp4Reader } from '../../src/media/fmp4-reader.js';
import { writeFragment, writeInit } from '../../src/media/fmp4-writer.js';
import { joinOpusPackets, padOpusPacket, readOpusPacket, splitOpusPacket } from '../../src/media/opus-packet.js';
import { ffmpegPath } from '../support/house.js';
import { shareOfTone } from '../support/share-of-tone.js';

/** Anything that FFmpeg has to say is an error here. */
function ffmpeg(args: readonly string[], input: Buffer = Buffer.alloc(0)): Buffer {
  const { status, stdout, stderr } = spawnSync(ffmpegPath, ['-hide_banner', '-v', 'warning', ...args], { input, maxBuffer: 64 << 20 });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const noise = 'anoisesrc=seed=7:r=48000:d=2:a=0.3';
/** Every second a tone, every second noise: encoders change their mode and bandwidth between the two. */
const toneAndNoise = "aevalsrc='0.3*sin(2*PI*300*t)*lt(mod(t,2),1)+0.3*(random(0)*2-1)*gte(mod(t,2),1)':s=48000:d=6";

interface Encoding {
  readonly source?: string;
  readonly frameMs: number;
  readonly sampleRate: 16_000 | 24_000;
  readonly vbr: 'on' | 'off';
  readonly bitrate: string;
  readonly application: 'voip' | 'audio' | 'lowdelay';
}

/** The packets of libopus, 2 s and a little more. */
function encoded({ source = noise, frameMs, sampleRate, vbr, bitrate, application }: Encoding): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const encoder = ['-ac', '1', '-ar', `${sampleRate}`, '-c:a', 'libopus', '-frame_duration', `${frameMs}`, '-vbr', vbr, '-b:a', bitrate, '-application', application];
  const file = ffmpeg(['-f', 'lavfi', '-i', source, ...encoder, '-movflags', 'frag_every_frame+delay_moov+default_base_moof', '-f', 'mp4', 'pipe:1']);
  new Fmp4Reader({ onTracks: () => undefined, onSample: ({ data }) => packets.push(data) }).push(file);
  return packets;
}

function durationMs(packet: Uint8Array): number {
  const { frameMs, frames } = readOpusPacket(packet);
  return frameMs * frames.length;
}

/** What is heard, at 48 kHz, 16 bits. Every sample from the first on: nothing is left out at the beginning. */
function decoded(packets: readonly Uint8Array[], decoder: 'opus' | 'libopus' = 'libopus'): Buffer {
  let ticks = 0;
  const fragments = packets.flatMap((data, index) => {
    const durationTicks = durationMs(data) * 48;
    const fragment = writeFragment({ sequence: index + 1, baseDecodeTimeTicks: ticks, samples: [{ data, durationTicks, keyframe: true, compositionOffsetTicks: 0 }] });
    ticks += durationTicks;
    return fragment;
  });
  const init = writeInit({ codec: 'copied', sampleEntry: opusSampleEntry({ channels: 1, inputSampleRate: 16_000, preSkip: 0 }), timescale: 48_000 });
  const pcm = ffmpeg(['-c:a', decoder, '-i', 'pipe:0', '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'], Buffer.concat([init, ...fragments]));
  expect(pcm.length / 2).toBe(ticks);
  return pcm;
}

function inGroups<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.floor(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}

function framesOf(packets: readonly Uint8Array[]): readonly Uint8Array[] {
  return packets.flatMap((packet) => readOpusPacket(packet).frames);
}

function framesAsText(packet: Uint8Array): string {
  const { toc, frames } = readOpusPacket(packet);
  return [toc, ...frames.map((frame) => Buffer.from(frame).toString('base64'))].join(' ');
}

const encodings: readonly Encoding[] = [
  { frameMs: 2.5, sampleRate: 16_000, vbr: 'on', bitrate: '64k', application: 'lowdelay' },
  { frameMs: 2.5, sampleRate: 24_000, vbr: 'off', bitrate: '256k', application: 'lowdelay' },
  { frameMs: 5, sampleRate: 24_000, vbr: 'off', bitrate: '96k', application: 'lowdelay' },
  { frameMs: 10, sampleRate: 16_000, vbr: 'on', bitrate: '24k', application: 'voip' },
  { frameMs: 10, sampleRate: 24_000, vbr: 'off', bitrate: '256k', application: 'audio' },
  { frameMs: 20, sampleRate: 16_000, vbr: 'on', bitrate: '16k', application: 'voip' },
  { frameMs: 20, sampleRate: 16_000, vbr: 'off', bitrate: '24k', application: 'voip' },
  { frameMs: 20, sampleRate: 16_000, vbr: 'off', bitrate: '6k', application: 'voip' },
  { frameMs: 20, sampleRate: 24_000, vbr: 'on', bitrate: '32k', application: 'voip' },
  { frameMs: 20, sampleRate: 24_000, vbr: 'on', bitrate: '256k', application: 'audio' },
  { frameMs: 40, sampleRate: 16_000, vbr: 'on', bitrate: '24k', application: 'voip' },
  { frameMs: 40, sampleRate: 24_000, vbr: 'off', bitrate: '256k', application: 'audio' },
  { frameMs: 60, sampleRate: 16_000, vbr: 'off', bitrate: '24k', application: 'voip' },
  { frameMs: 60, sampleRate: 24_000, vbr: 'on', bitrate: '256k', application: 'audio' },
  { frameMs: 60, sampleRate: 24_000, vbr: 'off', bitrate: '64k', application: 'lowdelay' },
];

describe('the packets of libopus', () => {
  test.each(encodings)('are read, and heard the same from other packets: $frameMs ms, $sampleRate Hz, VBR $vbr, $bitrate, $application', (encoding) => {
    const packets = encoded(encoding);
    expect(new Set(packets.map(durationMs))).toEqual(new Set([encoding.frameMs]));
    const heard = decoded(packets);
    for (const packetMs of [20, 30, 40, 60, 120]) {
      const perPacket = packetMs / encoding.frameMs;
      if (Number.isInteger(perPacket) && perPacket > 1) {
        const groups = inGroups(packets, perPacket);
        const joined = groups.map(joinOpusPackets);
        expect(new Set(joined.map(durationMs))).toEqual(new Set([packetMs]));
        expect(decoded(joined).equals(heard.subarray(0, joined.length * packetMs * 48 * 2))).toBe(true);
        const apart = joined.flatMap((packet, index) => splitOpusPacket(packet, readOpusPacket(packet).frames.length / (groups[index]?.length ?? 0)) ?? []);
        expect(apart.map(framesAsText)).toEqual(packets.slice(0, joined.length * perPacket).map(framesAsText));
      }
    }
  });

  test.each([
    { decoder: 'libopus', packetMs: 40 },
    { decoder: 'libopus', packetMs: 60 },
    { decoder: 'opus', packetMs: 60 },
  ] as const)('of an encoder that changes its mode become packets of $packetMs ms all the same, and $decoder hears the tone in all of them', ({ decoder, packetMs }) => {
    const groups = inGroups(encoded({ source: toneAndNoise, frameMs: 20, sampleRate: 24_000, vbr: 'on', bitrate: '24k', application: 'audio' }), packetMs / 20);
    const mixed = groups.filter((group) => new Set(group.map((packet) => readOpusPacket(packet).toc)).size > 1);
    expect(mixed.length).toBeGreaterThan(0);
    const joined = groups.map(joinOpusPackets);
    expect(new Set(joined.map(durationMs))).toEqual(new Set([packetMs]));
    const left = framesOf(joined).filter(({ length }) => length === 0).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(mixed.length);
    const heard = decoded(joined, decoder);
    // In the middle of the second with the tone, by what it has in common with a tone of 300 Hz.
    for (const second of [2, 4]) {
      expect(shareOfTone(heard.subarray((second + 0.2) * 96_000, (second + 0.8) * 96_000), 48_000, 300)).toBeGreaterThan(0.8);
    }
  });

  test.each(encodings.filter(({ vbr, frameMs }) => vbr === 'off' && frameMs <= 20))('with a constant bitrate keep it: $frameMs ms, $sampleRate Hz, $bitrate', (encoding) => {
    const packets = encoded(encoding);
    const bytes = packets[0]?.length ?? 0;
    expect(new Set(packets.map(({ length }) => length))).toEqual(new Set([bytes]));
    const joined = inGroups(packets, 3).map((group) => padOpusPacket(joinOpusPackets(group), 3 * bytes));
    expect(new Set(joined.map(({ length }) => length))).toEqual(new Set([3 * bytes]));
    expect(decoded(joined).equals(decoded(packets.slice(0, joined.length * 3)))).toBe(true);
  });
});
