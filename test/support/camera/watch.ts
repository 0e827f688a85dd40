import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { defaultFfmpeg } from './footage-arguments.js';
import type { Marks } from './marks.js';
import { readMarks } from './marks.js';

/** How FFmpeg is to watch a stream. */
export interface WatchSettings {
  /** Ends after this many pictures. */
  readonly pictures: number;
  /** Pictures are scaled to this before the marks are read; default 320x180. */
  readonly width?: number;
  readonly height?: number;
  /** Until which second of the stream it listens, where it does; pictures begin with a keyframe, often later than the sound. Default `pictures` / 20. */
  readonly soundSeconds?: number;
  readonly transport?: 'tcp' | 'udp';
  readonly ffmpegPath?: string;
  /** FFmpeg is killed after this; default 20 s. */
  readonly limitMs?: number;
}

/** One decoded picture. */
export interface SeenPicture {
  /** Undefined when the picture is damaged. */
  readonly marks: Marks | undefined;
  /** `performance.now()` when it had arrived here, decoded. */
  readonly seenAtMs: number;
  /** Presentation time in seconds, on a clock common to sound and picture. */
  readonly timeSeconds: number;
}

/** A sound that was heard: when it began, on the clock of the pictures. */
export interface HeardBeep {
  readonly timeSeconds: number;
}

/** What came out of one FFmpeg. */
export interface Watched {
  readonly pictures: readonly SeenPicture[];
  readonly beeps: readonly HeardBeep[];
  /** What FFmpeg said. */
  readonly log: string;
}

const soundRate = 8000;
const soundBlock = 80;

/** Writes a frame's times to a pipe of its own: in FFmpeg 7 the lines of `showinfo` and `ashowinfo` on stderr break into each other. */
function timesTo(pipe: number, prefix: '' | 'a'): string {
  return `${prefix}metadata=add:key=seen:value=1,${prefix}metadata=print:file='pipe\\:${pipe}'`;
}

/** Decodes a stream (or a file) with FFmpeg and reads the marks; with `sound` also finds the beeps. Rejects with FFmpeg's words when it fails. */
export async function watch(url: string, settings: WatchSettings, sound = false): Promise<Watched> {
  const { pictures: wanted, width = 320, height = 180, transport = 'tcp', ffmpegPath = defaultFfmpeg, limitMs = 20_000, soundSeconds = wanted / 20 } = settings;
  const soundFilter = `aresample=${soundRate},aformat=s16:channel_layouts=mono,asetnsamples=n=${soundBlock}:p=0,${timesTo(5, 'a')}`;
  const args = [
    ...['-hide_banner', '-nostdin', '-nostats', ...(url.startsWith('rtsp:') ? ['-rtsp_transport', transport] : []), '-i', url],
    ...['-map', '0:v', '-vf', `scale=${width}:${height}:flags=area,format=gray,${timesTo(4, '')}`, '-fps_mode', 'passthrough'],
    ...['-frames:v', String(wanted), '-f', 'rawvideo', 'pipe:1'],
    ...(sound ? ['-map', '0:a', '-af', soundFilter, '-t', String(soundSeconds), '-f', 's16le', 'pipe:3'] : []),
  ];
  const child = spawn(ffmpegPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
  const [pictures, log, samples, pictureTimes, soundTimes] = child.stdio.slice(1) as Readable[];
  if (!pictures || !log || !samples || !pictureTimes || !soundTimes) {
    throw new Error('FFmpeg has no pipes.');
  }
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const seen: { marks: Marks | undefined; seenAtMs: number }[] = [];
  const reading = Promise.all([readPictures(pictures, width, height, seen), readAll(log), readAll(samples), readTimes(pictureTimes), readTimes(soundTimes)]);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  const [, words, heard, times, blockTimes] = await reading;
  if (code !== 0) {
    throw new Error(`FFmpeg ended with ${code ?? 'a signal'} after ${seen.length} pictures:\n${words.toString()}`);
  }
  return { log: words.toString(), beeps: findBeeps(heard, blockTimes), pictures: seen.map((picture, index) => ({ ...picture, timeSeconds: times[index] ?? NaN })) };
}

async function readPictures(stream: Readable, width: number, height: number, seen: { marks: Marks | undefined; seenAtMs: number }[]): Promise<void> {
  const size = width * height;
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of stream) {
    rest = Buffer.concat([rest, bytes as Buffer]);
    for (; rest.length >= size; rest = rest.subarray(size)) {
      seen.push({ marks: readMarks(rest.subarray(0, size), width, height), seenAtMs: performance.now() });
    }
  }
}

/** A beep begins where a loud sample follows 50 ms of silence; the samples come in blocks with a time each. */
function findBeeps(samples: Buffer, blockTimes: readonly number[]): HeardBeep[] {
  const beeps: HeardBeep[] = [];
  let silentSamples = Infinity;
  for (let index = 0; index * 2 + 1 < samples.length; index += 1) {
    const loud = Math.abs(samples.readInt16LE(index * 2)) > 3000;
    if (loud && silentSamples > soundRate / 20) {
      beeps.push({ timeSeconds: (blockTimes[Math.floor(index / soundBlock)] ?? NaN) + (index % soundBlock) / soundRate });
    }
    silentSamples = loud ? 0 : silentSamples + 1;
  }
  return beeps;
}

/** The presentation times that the `metadata` filter printed, in seconds. */
async function readTimes(stream: Readable): Promise<number[]> {
  return [...(await readAll(stream)).toString().matchAll(/ pts_time:(\S+)/g)].map((match) => Number(match[1]));
}

async function readAll(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const bytes of stream) {
    pieces.push(bytes as Buffer);
  }
  return Buffer.concat(pieces);
}
