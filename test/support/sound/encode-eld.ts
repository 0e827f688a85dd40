import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Fmp4Reader } from '../../../src/media/fmp4-reader.js';
import type { SpokenFormat, SpokenPacket, SpokenTone } from './encode-opus.js';

const run = promisify(execFile);

/**
 * Has an FFmpeg with libfdk_aac encode a tone: frames of 480 samples with SBR, each in an RTP packet of its own
 * (RFC 3640). The tone never stops.
 */
export async function encodeEld({ toneHz = 600, beeps, seconds = 10 }: SpokenTone, { ffmpegPath, sampleRateKhz, packetTimeMs, bitrateKbps = 24 }: SpokenFormat): Promise<SpokenPacket[]> {
  if (beeps || packetTimeMs * sampleRateKhz !== 480) {
    throw new Error('AAC-ELD is said without pauses, in packets of 480 samples.');
  }
  const source = `sine=f=${toneHz}:r=${sampleRateKhz * 1000}:d=${seconds}`;
  const encoder = ['-c:a', 'libfdk_aac', '-profile:a', 'aac_eld', '-eld_sbr', '1', '-frame_length', '480', '-b:a', `${bitrateKbps}k`];
  const { stdout } = await run(ffmpegPath, ['-v', 'error', '-f', 'lavfi', '-i', source, '-af', 'volume=4', ...encoder, '-movflags', 'empty_moov', '-f', 'mp4', 'pipe:1'], { encoding: 'buffer', maxBuffer: 1 << 24 });
  const packets: SpokenPacket[] = [];
  new Fmp4Reader({ onTracks: () => undefined, onSample: ({ data }) => packets.push({ payload: Buffer.concat([auHeader(data.length), data]), tone: true }) }).push(stdout);
  return packets;
}

/** 16 bits of headers: the length in 13, the index in 3 (RFC 3640 3.2.1). */
function auHeader(bytes: number): Uint8Array {
  return Uint8Array.of(0, 16, bytes >> 5, (bytes << 3) & 0xff);
}
