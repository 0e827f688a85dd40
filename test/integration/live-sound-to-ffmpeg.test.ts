import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { aacEldConfig } from '../../src/media/audio-specific-config.js';
import { aacSampleEntry, opusSampleEntry } from '../../src/media/fmp4-audio-entries.js';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../../src/media/fmp4-reader.js';
import { writeFragment, writeInit } from '../../src/media/fmp4-writer.js';
import { joinOpusPackets } from '../../src/media/opus-packet.js';
import { ffmpegPath } from '../support/house.js';
import { shareOfTone } from '../support/share-of-tone.js';

/** Anything that FFmpeg has to say is an error here. */
function ffmpeg(args: readonly string[], input: Buffer = Buffer.alloc(0)): Buffer {
  const { status, stdout, stderr } = spawnSync(ffmpegPath, ['-hide_banner', '-v', 'warning', ...args], { input, maxBuffer: 64 << 20 });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** A second of 1 kHz. */
function encodedTone(...encoder: readonly string[]): { readonly track: Fmp4Track; readonly samples: readonly Fmp4Sample[]; readonly file: Buffer } {
  const file = ffmpeg(['-f', 'lavfi', '-t', '1', '-i', 'sine=f=1000:r=48000', ...encoder, '-movflags', 'frag_every_frame+delay_moov+default_base_moof', '-f', 'mp4', 'pipe:1']);
  const samples: Fmp4Sample[] = [];
  const tracks: Fmp4Track[] = [];
  new Fmp4Reader({ onTracks: (found) => void tracks.push(...found), onSample: (sample) => samples.push(sample) }).push(file);
  const [track] = tracks;
  if (!track) {
    throw new Error('no sound');
  }
  return { track, samples, file };
}

interface LivePacket {
  readonly data: Uint8Array;
  readonly atTicks: number;
}

/** A file as it is written while a viewer talks: a fragment for each packet, whose duration only the next one tells. */
function liveFile(sampleEntry: Uint8Array, timescale: number, packets: readonly LivePacket[]): Buffer {
  const fragments = packets.flatMap(({ data, atTicks }, index) =>
    writeFragment({ sequence: index + 1, baseDecodeTimeTicks: atTicks, samples: [{ data, durationTicks: 0, keyframe: true, compositionOffsetTicks: 0 }] }),
  );
  return Buffer.concat([writeInit({ codec: 'copied', sampleEntry, timescale }), ...fragments]);
}

/** Milliseconds of 48 kHz and 16 bits. */
function part(pcm: Buffer, fromMs: number, toMs: number): Buffer {
  return pcm.subarray(fromMs * 96, toMs * 96);
}

function loudness(pcm: Buffer): number {
  const samples = Array.from({ length: pcm.length / 2 }, (_, index) => pcm.readInt16LE(2 * index));
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}

for (const decoder of ['opus', 'libopus']) {
  test.each([20, 40, 60])(`Opus in packets of %i ms is heard by ${decoder}, and a pause stays as long as it was`, (packetMs) => {
    const { samples } = encodedTone('-ac', '1', '-ar', '16000', '-c:a', 'libopus', '-b:a', '24k', '-frame_duration', '20', '-application', 'voip');
    const perPacket = packetMs / 20;
    const packets = Array.from({ length: Math.floor(48 / perPacket) }, (_, index) => joinOpusPackets(samples.slice(index * perPacket, (index + 1) * perPacket).map(({ data }) => data)));
    const spokenMs = packets.length * packetMs;
    const pauseMs = 500;
    const at = (index: number): number => index * packetMs * 48;
    const talk = [
      ...packets.map((data, index) => ({ data, atTicks: at(index) })),
      ...packets.map((data, index) => ({ data, atTicks: at(index + packets.length) + pauseMs * 48 })),
    ];
    const file = liveFile(opusSampleEntry({ channels: 1, inputSampleRate: 16_000, preSkip: 0 }), 48_000, talk);
    const output = ['-c:a', 'pcm_s16le', '-ar', '48000', '-f', 's16le', 'pipe:1'];
    expect(ffmpeg(['-c:a', decoder, '-i', 'pipe:0', ...output], file).length / 96).toBe(2 * spokenMs);
    const heard = ffmpeg(['-c:a', decoder, '-i', 'pipe:0', '-af', 'aresample=async=1', ...output], file);
    expect(heard.length / 96).toBeCloseTo(2 * spokenMs + pauseMs, 0);
    const again = spokenMs + pauseMs;
    for (const [fromMs, toMs] of [[100, spokenMs], [again + 100, again + spokenMs]] as const) {
      expect(shareOfTone(part(heard, fromMs, toMs), 48_000, 1000)).toBeGreaterThan(0.95);
    }
    // The filter fades for a few milliseconds.
    expect(loudness(part(heard, spokenMs + 20, again - 20))).toBeLessThan(30);
  });
}

test.each([
  { sampleRate: 16_000, channels: 1 },
  { sampleRate: 48_000, channels: 2 },
])('AAC-LC of $sampleRate Hz and $channels channels is heard as FFmpeg hears it from its own file', ({ sampleRate, channels }) => {
  const { track, samples, file } = encodedTone('-ac', `${channels}`, '-ar', `${sampleRate}`, '-c:a', 'aac');
  const sampleEntry = aacSampleEntry({ config: track.config, channels, sampleRate });
  const ours = liveFile(sampleEntry, sampleRate, samples.map(({ data }, index) => ({ data, atTicks: index * 1024 })));
  const pcm = (input: Buffer): Buffer => ffmpeg(['-ignore_editlist', '1', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], input);
  const heard = pcm(ours);
  expect(heard.length / 2 / channels).toBe(samples.length * 1024);
  expect(heard.equals(pcm(file))).toBe(true);
});

/**
 * A frame of mono AAC-ELD without sound (ISO/IEC 14496-3 4.4.2.7): global gain 140, max_sfb 0 in 6 bits, no TNS. FFmpeg has no encoder
 * for AAC-ELD, and its decoder refuses rates under 22.05 kHz.
 */
const silentEldFrame = Uint8Array.of(140, 0, 0);

test.each([480, 512] as const)('AAC-ELD with frames of %i samples is decoded as such', (frameLength) => {
  const sampleEntry = aacSampleEntry({ config: aacEldConfig(24_000, frameLength), channels: 1, sampleRate: 24_000 });
  const frames = Array.from({ length: 10 }, (_, index) => ({ data: silentEldFrame, atTicks: index * frameLength }));
  const heard = ffmpeg(['-i', 'pipe:0', '-f', 's16le', 'pipe:1'], liveFile(sampleEntry, 24_000, frames));
  expect(heard.length / 2).toBe(10 * frameLength);
});
