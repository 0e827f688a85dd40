import { availableParallelism } from 'node:os';
import type { AccessUnit } from '../media/access-unit.js';
import { writeFragment, writeInit } from '../media/fmp4-writer.js';
import type { JpegPicture } from '../media/jpeg-picture.js';
import { nutFrameHeader, nutHeader } from '../media/nut-writer.js';
import { i420Bytes, pictureOf, type Picture } from '../media/picture.js';
import type { PictureTurn } from '../policy/picture-turn.js';
import { fitInto } from '../policy/rendition-choice.js';
import { Problem } from '../problems.js';
import { decodedStillArguments, jpegStillArguments, momentStillArguments, pictureStillArguments, stillArguments } from './arguments.js';
import { FfmpegProcess } from './ffmpeg-process.js';
import type { Ffmpeg } from './find-ffmpeg.js';
import { JpegEncoder, KeptEncoders } from './jpeg-encoder.js';
import { nextJpeg } from './jpeg-output.js';
import { firstBytes, stillOutput } from './still-output.js';
import { turnFilters } from './turn-filters.js';
import { Turns } from './turns.js';

/** Times are rounded to ticks of 1/90000 s on their way. */
const sameTimeMs = 1;
/** An FFmpeg that was started ahead waits so long for the next picture. */
const standbyMs = 30_000;

/** The box that the picture is to fit into, in pixels. */
export interface StillSize {
  readonly width: number;
  readonly height: number;
}

interface Standby {
  readonly path: string;
  readonly args: readonly string[];
  readonly run: FfmpegProcess;
  readonly timer: NodeJS.Timeout;
}

/**
 * Makes JPEGs of single keyframes and of decoded pictures, for all cameras. Starting takes FFmpeg longer than its work. For a
 * keyframe, which ends it, the next one is started ahead with the arguments of the last one (Home asks for the same size again and
 * again) and waits; decoded pictures go one after the other to one that is kept for their size.
 */
export class StillRenderer implements AsyncDisposable {
  #standby: Standby | undefined;
  /** All that live, also those that were given up and are on their way out. */
  readonly #runs = new Set<FfmpegProcess>();
  readonly #encoders = new KeptEncoders();
  readonly #turns: Turns;
  #closed = false;

  /** @param mostAtOnce more than there are cores would only make all of them late. */
  constructor(mostAtOnce = availableParallelism()) {
    this.#turns = new Turns(mostAtOnce);
  }

  /**
   * Decodes one keyframe and encodes it as JPEG, at most as large as asked, in the picture's own shape.
   * @throws Problem snapshot-failed; also when `signal` ends it.
   */
  async render(ffmpeg: Ffmpeg, keyframe: AccessUnit, size: StillSize, signal: AbortSignal): Promise<Buffer> {
    using _turn = await this.#turns.take(signal);
    const args = stillArguments({ ...size, interlaced: keyframe.format.interlaced });
    const run = this.#takeStandby(ffmpeg.path, args) ?? this.#start(ffmpeg.path, args);
    give(run, asMp4(keyframe));
    const picture = await nextJpeg(run, signal);
    if (!this.#turns.wanted) {
      this.#standBy(ffmpeg.path, args); // Not while others need the cores.
    }
    return picture;
  }

  /**
   * Decodes one keyframe, at most as large as asked, in the picture's own shape. The picture is the caller's to draw into.
   * @throws Problem snapshot-failed; also when `signal` ends it.
   */
  async decode(ffmpeg: Ffmpeg, keyframe: AccessUnit, size: StillSize, signal: AbortSignal): Promise<Picture> {
    using _turn = await this.#turns.take(signal);
    const { width, height } = fitInto(keyframe.format, size);
    const run = this.#start(ffmpeg.path, decodedStillArguments({ width, height, interlaced: keyframe.format.interlaced }));
    give(run, asMp4(keyframe));
    const i420 = await stillOutput(run, firstBytes(run, i420Bytes(width, height)), signal);
    return pictureOf({ width, height, timeMs: keyframe.timeMs, i420 });
  }

  /**
   * Decodes pictures up to one of them and encodes that one as JPEG, at most as large as asked, in the picture's own shape.
   * @param units from a keyframe on, in the order in which they are decoded. @param timeMs of the picture that is meant.
   * @throws Problem snapshot-failed; also when `signal` ends it.
   */
  async renderMoment(ffmpeg: Ffmpeg, { units, timeMs }: { readonly units: readonly AccessUnit[]; readonly timeMs: number }, size: StillSize, signal: AbortSignal): Promise<Buffer> {
    using _turn = await this.#turns.take(signal);
    const seconds = (timeMs - (units[0]?.decodeTimeMs ?? timeMs) - sameTimeMs) / 1000;
    const run = this.#start(ffmpeg.path, momentStillArguments({ ...size, interlaced: units[0]?.format.interlaced }, seconds));
    give(run, picturesAsMp4(units));
    return await nextJpeg(run, signal);
  }

  /**
   * Encodes a decoded picture as JPEG, at most as large as asked, in the picture's own shape.
   * @param picture asked when its turn has come, so that nothing is held while it waits; what it gives stays its owner's to give back.
   * @throws Problem snapshot-failed; also when `signal` ends it, or there is no picture any more.
   */
  async renderFrame(ffmpeg: Ffmpeg, picture: () => Picture | undefined, size: StillSize, signal: AbortSignal): Promise<Buffer> {
    using _turn = await this.#turns.take(signal);
    using held = picture()?.retain() ?? noPicture();
    const args = pictureStillArguments(size, ffmpeg.libavutilMajor);
    const key = JSON.stringify([ffmpeg.path, held.width, held.height, args]);
    const encoder = this.#encoders.take(key) ?? new JpegEncoder(key, this.#start(ffmpeg.path, args));
    const jpeg = await encoder.encode(held, signal);
    this.#encoders.keep(encoder);
    return jpeg;
  }

  /**
   * Makes a smaller JPEG of one, at most as large as asked, and turns it.
   * @throws Problem snapshot-failed; also when `signal` ends it.
   */
  async renderJpeg(ffmpeg: Ffmpeg, picture: JpegPicture, turn: PictureTurn, size: StillSize, signal: AbortSignal): Promise<Buffer> {
    using _turn = await this.#turns.take(signal);
    const run = this.#start(ffmpeg.path, jpegStillArguments(size, turnFilters(picture, turn)));
    give(run, [nutHeader({ ...picture, codec: 'MJPG' }), nutFrameHeader(0, picture.jpeg.length), picture.jpeg]);
    return await nextJpeg(run, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#standby?.timer);
    this.#encoders.close();
    await Promise.all([...this.#runs].map((run) => run.stop()));
  }

  #takeStandby(path: string, args: readonly string[]): FfmpegProcess | undefined {
    const standby = this.#standby;
    if (standby?.path !== path || standby.args.join('\n') !== args.join('\n')) {
      return undefined;
    }
    clearTimeout(standby.timer);
    this.#standby = undefined;
    return standby.run;
  }

  #standBy(path: string, args: readonly string[]): void {
    if (this.#closed) {
      return;
    }
    this.#dropStandby();
    const run = this.#start(path, args);
    const timer = setTimeout(() => this.#dropStandby(), standbyMs);
    const standby = { path, args, run, timer };
    this.#standby = standby;
    void run.ended.then(() => {
      clearTimeout(timer);
      if (this.#standby === standby) {
        this.#standby = undefined;
      }
    });
  }

  #start(path: string, args: readonly string[]): FfmpegProcess {
    const run = new FfmpegProcess({ path, args, role: 'still' });
    this.#runs.add(run);
    void run.ended.then(() => this.#runs.delete(run));
    return run;
  }

  #dropStandby(): void {
    const standby = this.#standby;
    this.#standby = undefined;
    clearTimeout(standby?.timer);
    void standby?.run.stop();
  }
}

/** All that it is to read. */
function give(run: FfmpegProcess, parts: readonly Uint8Array[]): void {
  parts.forEach((part) => run.stdin.write(part));
  run.stdin.end();
}

function asMp4(keyframe: AccessUnit): Uint8Array[] {
  const sample = { data: keyframe.data, durationTicks: 0, keyframe: true, compositionOffsetTicks: 0 };
  return [writeInit({ ...keyframe.format, timescale: 90_000 }), ...writeFragment({ sequence: 1, samples: [sample], baseDecodeTimeTicks: 0 })];
}

/** One fragment a picture, with times from the first one's on. */
function picturesAsMp4(units: readonly AccessUnit[]): Uint8Array[] {
  const [first] = units;
  const ticks = (ms: number): number => Math.round((ms - (first?.decodeTimeMs ?? 0)) * 90);
  const fragments = units.map((unit, index) => {
    const next = units[index + 1]?.decodeTimeMs ?? unit.decodeTimeMs + 1;
    const sample = { data: unit.data, durationTicks: ticks(next) - ticks(unit.decodeTimeMs), keyframe: unit.keyframe, compositionOffsetTicks: ticks(unit.timeMs) - ticks(unit.decodeTimeMs) };
    return writeFragment({ sequence: index + 1, samples: [sample], baseDecodeTimeTicks: ticks(unit.decodeTimeMs) });
  });
  return first ? [writeInit({ ...first.format, timescale: 90_000 }), ...fragments.flat()] : [];
}

function noPicture(): never {
  throw new Problem('snapshot-failed', 'nothing is decoded any more');
}
