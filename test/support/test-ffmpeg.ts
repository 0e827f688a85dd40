import { findFfmpeg, type Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import type { Hardware, HardwareChoice } from '../../src/ffmpeg/hardware/hardware.js';
import { presetTable } from '../../src/ffmpeg/hardware/presets.js';
import { ffmpegPath } from './house.js';

let found: Promise<Ffmpeg> | undefined;

/** The FFmpeg of this test run, looked at once. */
export function testFfmpeg(): Promise<Ffmpeg> {
  found ??= findFfmpeg([{ origin: 'test', path: ffmpegPath }]).then(({ ffmpeg }) => ffmpeg);
  return found;
}

/** Decodes and encodes in software with this FFmpeg; nothing takes its place when it fails. */
export function softwareOf(ffmpeg: () => Promise<Ffmpeg> = testFfmpeg): Pick<Hardware, 'decoder' | 'encoder' | 'recording' | 'inSoftware' | 'failed'> {
  const choice = async (): Promise<HardwareChoice> => ({ ffmpeg: await ffmpeg(), preset: presetTable.software, because: 'the test wants it so' });
  return { decoder: choice, encoder: choice, inSoftware: choice, recording: async () => ({ decode: await choice(), encode: await choice() }), failed: () => false };
}
