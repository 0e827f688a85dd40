import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { completeFootageSettings, videoArguments } from '../camera/footage-arguments.js';
import { ffmpegPath } from '../house.js';

const run = promisify(execFile);

/** What is streamed: the simulated camera's picture with its marks, and a tone. */
export const film = { width: 640, height: 360, fps: 30, seconds: 12, keyframeSeconds: 1, bitrateKbps: 500, toneHz: 1_000 } as const;

/** FFmpeg's arguments for the encoder of the tone, and the container that holds it beside the picture. */
export interface FilmSound {
  readonly encoder: readonly string[];
  readonly container: 'mpegts' | 'matroska' | 'nut' | 'flv';
}

/** Frames with headers, as MPEG-TS has them. */
export const tsSound: FilmSound = { encoder: ['-c:a', 'aac', '-b:a', '64k', '-ar', '48000'], container: 'mpegts' };
/** Frames without, as FLV and MP4 have them: what converts them would break where the film begins anew. */
export const flvSound: FilmSound = { ...tsSound, container: 'matroska' };

/** FFmpeg's arguments for an input that plays the film again and again, in its time. */
export async function loopedFilm(sound: FilmSound): Promise<string[]> {
  return ['-re', '-stream_loop', '-1', '-i', await filmFile(sound)];
}

async function filmFile({ encoder, container }: FilmSound): Promise<string> {
  const folder = join(tmpdir(), 'camera-hub-films');
  await mkdir(folder, { recursive: true });
  const { toneHz, ...picture } = film;
  const key = createHash('sha256').update(JSON.stringify([film, encoder, container, ffmpegPath])).digest('hex').slice(0, 16);
  const file = join(folder, `${key}.${container}`);
  if (!existsSync(file)) {
    const unfinished = join(folder, `${randomUUID()}.part`);
    await run(ffmpegPath, videoArguments(completeFootageSettings(picture), `${unfinished}.mp4`));
    const tone = `sine=frequency=${toneHz}:sample_rate=48000:duration=${film.seconds}`;
    await run(ffmpegPath, ['-v', 'error', '-y', '-i', `${unfinished}.mp4`, '-f', 'lavfi', '-i', tone, '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-ac', '1', '-strict', '-2', ...encoder, '-f', container, unfinished]);
    await rename(unfinished, file);
    await rm(`${unfinished}.mp4`);
  }
  return file;
}
