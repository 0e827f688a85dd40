import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { AccessUnit, VideoFormat } from '../../src/media/access-unit.js';
import { joinNals } from '../../src/media/nal.js';
import { videoFormatFromParameterSets } from '../../src/media/video-format.js';
import { unitReader } from '../../src/pipeline/unit-reader.js';
import { UnitWriter } from '../../src/pipeline/unit-writer.js';
import type { Footage } from './camera/footage.js';
import { ffmpegPath } from './house.js';
import { seededRandom } from './seeded-random.js';

/** The pictures of a camera in decode order, from time 0. With `unevenMs` each comes up to so much late, as with real cameras. */
export function unitsOf(footage: Footage, unevenMs = 0): AccessUnit[] {
  const random = seededRandom(1);
  const announced = videoFormatFromParameterSets(footage.settings.codec, footage.parameterSets);
  const format: VideoFormat = footage.settings.form === 'fields' ? { ...announced, interlaced: true } : announced;
  const firstDts90k = footage.units[0]?.dts90k ?? 0;
  return footage.units.map(({ nalUnits, keyframe, pts90k, dts90k }, index) => {
    const lateTicks = index === 0 ? 0 : Math.floor(random() * unevenMs * 90);
    const ms = (ticks: number): number => (ticks - firstDts90k + lateTicks) / 90;
    return { format, data: joinNals(nalUnits), keyframe, timeMs: ms(pts90k), decodeTimeMs: ms(dts90k) };
  });
}

/** As the pipeline writes them into an FFmpeg. */
export async function asFmp4(units: readonly AccessUnit[]): Promise<Buffer> {
  const [first] = units;
  if (!first) {
    throw new Error('There are no pictures.');
  }
  const pipe = new PassThrough({ highWaterMark: 2 ** 30 });
  const writer = new UnitWriter(pipe, first);
  units.forEach((unit) => writer.write(unit));
  writer.end();
  return await buffer(pipe);
}

/** What H.264 an FFmpeg wrote; times from 0. */
export function unitsIn(fmp4: Uint8Array): AccessUnit[] {
  const units: AccessUnit[] = [];
  unitReader(() => 0, (unit) => units.push({ ...unit, data: unit.data.slice() })).push(fmp4);
  return units;
}

/** @throws Error with what FFmpeg said where it fails, or says anything at all. */
export async function runFfmpeg(args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const { code, said, output } = await tryFfmpeg(args, input);
  if (code !== 0 || said !== '') {
    throw new Error(`FFmpeg ended with ${code ?? 'a signal'}: ${said}`);
  }
  return output;
}

export async function tryFfmpeg(args: readonly string[], input: Uint8Array): Promise<{ readonly code: number | null; readonly said: string; readonly output: Buffer }> {
  const child = spawn(ffmpegPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  // FFmpeg closing its input early shows in its error output.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [output, said] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  return { code: await ended, said: said.toString(), output };
}

export interface RawPicture {
  readonly timeMs: number;
  /** I420. */
  readonly bytes: Buffer;
}

/** What NUT holds, by FFmpeg's own reader. */
export async function picturesIn(nut: Uint8Array): Promise<RawPicture[]> {
  const read = (format: string): Promise<Buffer> =>
    runFfmpeg(['-hide_banner', '-loglevel', 'fatal', '-copyts', '-f', 'nut', '-i', 'pipe:0', '-c', 'copy', '-f', format, 'pipe:1'], nut);
  const [log, bytes] = await Promise.all([read('framecrc'), read('rawvideo')]);
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)/m.exec(log.toString()) ?? [];
  const frames = [...log.toString().matchAll(/^0,\s*-?\d+,\s*(-?\d+),\s*\d+,\s*(\d+),/gm)];
  let at = 0;
  return frames.map(([, pts, size]) => {
    at += Number(size);
    return { timeMs: (Number(pts) * 1000 * Number(numerator)) / Number(denominator), bytes: bytes.subarray(at - Number(size), at) };
  });
}
