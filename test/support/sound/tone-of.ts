import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import type { AudioPacket } from '../../../src/media/audio-packet.js';
import { writeFragment, writeInit } from '../../../src/media/fmp4-writer.js';
import { ffmpegPath } from '../house.js';
import { toneAt, type Tone } from './tone.js';

const timescale = 90_000;
const sampleRate = 16_000;

/** What is heard of these packets, as the plugin's own encoders read them: as MOV with the sample entry that the camera's sound came with. */
export async function toneOf(packets: readonly AudioPacket[]): Promise<Tone> {
  const [first] = packets;
  if (!first) {
    return { hz: NaN, share: 0 };
  }
  const decoder = spawn(ffmpegPath, ['-v', 'error', '-f', 'mov', '-i', 'pipe:0', '-map', '0:a:0', '-f', 's16le', '-ac', '1', '-ar', String(sampleRate), 'pipe:1'], { stdio: ['pipe', 'pipe', 'inherit'] });
  decoder.stdin.on('error', () => undefined);
  decoder.stdin.write(writeInit({ codec: 'copied', sampleEntry: first.format.sampleEntry, timescale }));
  packets.forEach(({ data, timeMs, durationMs }, index) => {
    const sample = { data, durationTicks: Math.round((durationMs * timescale) / 1000), keyframe: true, compositionOffsetTicks: 0 };
    for (const part of writeFragment({ sequence: index + 1, baseDecodeTimeTicks: Math.round(((timeMs - first.timeMs) * timescale) / 1000), samples: [sample] })) {
      decoder.stdin.write(part);
    }
  });
  decoder.stdin.end();
  const pcm = await buffer(decoder.stdout);
  return toneAt(new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length >> 1), sampleRate);
}
