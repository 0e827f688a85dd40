import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { readMarks, type Marks } from '../camera/marks.js';

/** A decoded picture and when a player shows it. */
export interface ClipPicture {
  readonly timeSeconds: number;
  /** Grey, `width * height` bytes of the size asked for. */
  readonly luma: Buffer;
  /** Undefined where the picture has none, or they cannot be read. */
  readonly marks: Marks | undefined;
}

/** The sound as a player plays it, one channel. */
export interface ClipSound {
  readonly sampleRate: number;
  /** When its first sample is played, 0 or later. */
  readonly startSeconds: number;
  /** Without interruption from the start: silence where the clip has nothing. */
  readonly samples: Int16Array;
  /** Where the clip has nothing, or (negative `seconds`) has two sounds at once. */
  readonly gaps: readonly { readonly atSeconds: number; readonly seconds: number }[];
}

/** What FFmpeg made of a clip. */
export interface DecodedClip {
  /** What FFmpeg found wrong, a line each; empty for a faultless clip. */
  readonly errors: string;
  readonly pictures: readonly ClipPicture[];
  /** Undefined where the clip has no sound track. */
  readonly sound: ClipSound | undefined;
}

/** How to decode. */
export interface DecodeClipOptions {
  readonly ffmpegPath: string;
  /** The size of the pictures; 160x90 unless told, which is enough for the marks. */
  readonly luma?: { readonly width: number; readonly height: number };
}

interface FrameTime {
  readonly timeSeconds: number;
  readonly bytes: number;
}

/** FFmpeg says at level info that it painted over damage, at level warning that times go back, at level debug that a picture is missing. */
const fault = /\[(error|fatal|panic)\]|concealing \d+|Frame num gap|[Mm]issing reference picture|[Nn]on.monoton/;
/** Divides into the ticks of pictures and of all usual sample rates, so that no time is rounded. */
const ticksPerSecond = 14_112_000;

/** Decodes a clip as a player does, edit lists applied: all pictures with their times, and the sound. */
export async function decodeClip(clip: Buffer, { ffmpegPath, luma = { width: 160, height: 90 } }: DecodeClipOptions): Promise<DecodedClip> {
  const input = ['-copyts', '-err_detect', 'crccheck+bitstream+buffer+careful+compliant', '-f', 'mp4', '-i', 'pipe:0'];
  const passthrough = ['-fps_mode', 'passthrough', '-enc_time_base', `1:${ticksPerSecond}`];
  const grey = ['-map', '0:v:0?', '-vf', `scale=${luma.width}:${luma.height}:flags=area,format=gray`, ...passthrough, '-c:v', 'rawvideo'];
  const mono = ['-map', '0:a:0?', '-ac', '1', '-c:a', 'pcm_s16le'];
  const outputs = [
    [...grey, '-f', 'rawvideo', 'pipe:1'],
    [...grey, '-f', 'framecrc', 'pipe:3'],
    [...mono, '-f', 's16le', 'pipe:4'],
    [...mono, '-f', 'framecrc', 'pipe:5'],
  ];
  const has = { video: trackHandlers(clip).includes('vide'), audio: trackHandlers(clip).includes('soun') };
  const wanted = outputs.filter((_, index) => (index < 2 ? has.video : has.audio)).flat();
  if (wanted.length === 0) {
    return { errors: 'There is nothing to decode.', pictures: [], sound: undefined };
  }
  const child = spawn(ffmpegPath, ['-hide_banner', '-nostats', '-v', 'repeat+level+debug', ...input, ...wanted], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  // FFmpeg closing its input early shows in its error output.
  child.stdin.on('error', () => undefined);
  child.stdin.end(clip);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [, pixels = empty, log = empty, pictureTimes = empty, pcm = empty, soundTimes = empty] = await Promise.all(
    child.stdio.map(async (stream, index) => (index === 0 ? empty : buffer(stream as Readable))),
  );
  const code = await ended;
  const found = log.toString().split('\n').filter((line) => fault.test(line));
  return {
    errors: [...found, ...(code === 0 ? [] : [`FFmpeg exited with ${String(code)}.`])].join('\n'),
    pictures: picturesFrom(pixels, frameTimes(pictureTimes.toString()), luma),
    sound: has.audio ? soundFrom(pcm, soundTimes.toString()) : undefined,
  };
}

const empty = Buffer.alloc(0);

/** FFmpeg must be told which outputs to make: one without a stream is an error to it. */
function trackHandlers(clip: Buffer): string[] {
  const moov = clip.subarray(0, clip.indexOf('moof') < 0 ? clip.length : clip.indexOf('moof')).toString('latin1');
  return [...moov.matchAll(/hdlr.{8}(vide|soun)/gs)].map((match) => match[1] ?? '');
}

/** Lines of framecrc: stream, dts, pts, duration, size, checksum; its header has the time base. */
function frameTimes(text: string): FrameTime[] {
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)/m.exec(text) ?? [];
  const tick = Number(numerator) / Number(denominator);
  return [...text.matchAll(/^0,\s*-?\d+,\s*(-?\d+),\s*\d+,\s*(\d+),/gm)].map((match) => ({ timeSeconds: Number(match[1]) * tick, bytes: Number(match[2]) }));
}

function picturesFrom(pixels: Buffer, times: readonly FrameTime[], { width, height }: { readonly width: number; readonly height: number }): ClipPicture[] {
  const size = width * height;
  return times.map(({ timeSeconds }, index) => {
    const luma = pixels.subarray(index * size, (index + 1) * size);
    return { timeSeconds, luma, marks: readMarks(luma, width, height) };
  });
}

/** Lays the decoded frames down where they are played. What lies before 0 is the codec's run-up: only FFmpeg 7 leaves it out itself. */
function soundFrom(pcm: Buffer, framecrc: string): ClipSound {
  const sampleRate = Number(/^#sample_rate 0: (\d+)/m.exec(framecrc)?.[1] ?? 0);
  const frames = frameTimes(framecrc);
  const startSeconds = Math.max(0, frames[0]?.timeSeconds ?? 0);
  const at = ({ timeSeconds }: FrameTime): number => Math.round((timeSeconds - startSeconds) * sampleRate);
  const samples = new Int16Array(Math.max(0, ...frames.map((frame) => at(frame) + frame.bytes / 2)));
  const gaps: { atSeconds: number; seconds: number }[] = [];
  let read = 0;
  let next = frames[0] ? at(frames[0]) : 0;
  for (const frame of frames) {
    // A tick of the track may be coarser than a sample.
    const seconds = (at(frame) - next) / sampleRate;
    if (Math.abs(seconds) > 0.001) {
      gaps.push({ atSeconds: startSeconds + next / sampleRate, seconds });
    }
    for (let index = 0; index < frame.bytes / 2; index += 1) {
      if (at(frame) + index >= 0) {
        samples[at(frame) + index] = pcm.readInt16LE(read);
      }
      read += 2;
    }
    next = at(frame) + frame.bytes / 2;
  }
  return { sampleRate, startSeconds, samples, gaps };
}
