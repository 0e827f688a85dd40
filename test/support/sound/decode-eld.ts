import { execFileSync } from 'node:child_process';
import { aacSampleEntry } from '../../../src/media/fmp4-audio-entries.js';
import { writeFragment, writeInit } from '../../../src/media/fmp4-writer.js';

/** As an Apple device takes live sound to be: AAC-ELD at 16 kHz, 480 samples a frame, SBR (ISO/IEC 14496-3 1.6.2.1). */
const config = Buffer.from('f8f0312c00bc00', 'hex');
const sampleRate = 16_000;
const frameSamples = 480;

/** Decodes RTP payloads that follow each other, with one frame each, by an FFmpeg with libfdk_aac. Throws where one is not like that. */
export function decodeEld(payloads: readonly Uint8Array[], ffmpegPath: string): { readonly samples: Int16Array; readonly sampleRate: number } {
  const frames = payloads.map((payload) => {
    const [high = 0, low = 0, first = 0, second = 0] = payload;
    const frame = payload.subarray(4);
    if (high !== 0 || low !== 16 || (first << 5) + (second >> 3) !== frame.length) {
      throw new Error('A payload without exactly one AAC frame.');
    }
    return { data: frame, durationTicks: frameSamples, keyframe: true, compositionOffsetTicks: 0 };
  });
  const entry = aacSampleEntry({ config, channels: 1, sampleRate });
  const file = Buffer.concat([writeInit({ codec: 'copied', sampleEntry: entry, timescale: sampleRate }), ...writeFragment({ sequence: 1, samples: frames, baseDecodeTimeTicks: 0 })]);
  const pcm = execFileSync(ffmpegPath, ['-v', 'error', '-xerror', '-c:a', 'libfdk_aac', '-f', 'mp4', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], { input: file, maxBuffer: 1 << 26 });
  return { samples: Int16Array.from({ length: pcm.length / 2 }, (_, index) => pcm.readInt16LE(index * 2)), sampleRate };
}
