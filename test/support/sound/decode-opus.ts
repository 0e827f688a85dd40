import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { writeOggOpus, type TimedOpus } from './ogg-opus.js';

/** Samples per second of what `decodeOpus` gives. */
export const opusSampleRate = 48_000;

/** Decodes packets that follow each other to one channel: of each packet as many samples as it lasts. Throws when FFmpeg cannot decode one of them. */
export async function decodeOpus(packets: readonly TimedOpus[], ffmpegPath: string): Promise<Int16Array> {
  if (packets.length === 0) {
    return new Int16Array();
  }
  // FFmpeg's own decoder gives what it holds back later than the packet that it came in.
  const args = ['-hide_banner', '-nostats', '-v', 'warning', '-c:a', 'libopus', '-f', 'ogg', '-i', 'pipe:0', '-ac', '1', '-ar', String(opusSampleRate), '-f', 's16le', 'pipe:1'];
  const child = spawn(ffmpegPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  // FFmpeg closing its input early shows in its error output.
  child.stdin.on('error', () => undefined);
  child.stdin.end(writeOggOpus(packets));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [pcm, log, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
  const samples = Math.round(packets.reduce((sum, { opusMs }) => sum + opusMs, 0) * (opusSampleRate / 1000));
  if (code !== 0 || pcm.length !== samples * 2) {
    throw new Error(`FFmpeg (${String(code)}) made ${pcm.length / 2} samples instead of ${samples}: ${log.toString()}`);
  }
  return Int16Array.from({ length: samples }, (_, index) => pcm.readInt16LE(index * 2));
}
