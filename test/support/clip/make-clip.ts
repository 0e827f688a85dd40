import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { completeFootageSettings, videoArguments, type FootageSettings } from '../camera/footage-arguments.js';

/** A clip to make: the simulated camera's picture and beeps. */
export interface MadeClip extends Pick<FootageSettings, 'width' | 'height' | 'fps' | 'bitrateKbps' | 'bFrames' | 'keyframeSeconds'> {
  readonly ffmpegPath: string;
  readonly seconds: number;
  /** How much later than its flash each beep is; 0 unless told. No sound at all: `none`. */
  readonly soundLateMs?: number | 'none';
  /** The delay is in the timestamps of the sound track; otherwise in the sound itself. */
  readonly lateByTimestamps?: boolean;
  /** Of the AAC track; 32000 unless told. */
  readonly sampleRate?: number;
}

/** Makes a fragmented MP4 with FFmpeg, a fragment for each keyframe, as a recording delegate would send it. */
export async function makeClip({ ffmpegPath, seconds, soundLateMs = 0, lateByTimestamps = false, sampleRate = 32_000, ...picture }: MadeClip): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'camera-hub-clip-'));
  const [pictureFile, clipFile] = [join(folder, 'picture.mp4'), join(folder, 'clip.mp4')];
  const run = promisify(execFile);
  try {
    const settings = completeFootageSettings({ width: 320, height: 180, bitrateKbps: 400, keyframeSeconds: 1, ...picture, seconds });
    await run(ffmpegPath, videoArguments(settings, pictureFile));
    const late = soundLateMs === 'none' ? 0 : soundLateMs / 1000;
    const inSound = lateByTimestamps ? 0 : late;
    // One second more than needed, so that a time before the beginning has its beep too.
    const beep = `aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t+1-${inSound},1),0.1)':s=${sampleRate}:d=${seconds}`;
    const sound = ['-itsoffset', String(lateByTimestamps ? late : 0), '-f', 'lavfi', '-i', beep];
    const tracks = soundLateMs === 'none' ? [] : ['-map', '1:a', '-c:a', 'aac', '-b:a', '64k'];
    const fragments = ['-movflags', 'frag_keyframe+delay_moov+default_base_moof+skip_trailer', '-f', 'mp4', clipFile];
    await run(ffmpegPath, ['-v', 'error', '-i', pictureFile, ...sound, '-map', '0:v', '-c:v', 'copy', ...tracks, ...fragments]);
    return readFileSync(clipFile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
