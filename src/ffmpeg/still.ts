import { availableParallelism } from 'node:os';
import type { AccessUnit } from '../media/access-unit.js';
import { writeFragment, writeInit } from '../media/fmp4-writer.js';
import { Problem } from '../problems.js';
import { stillArguments } from './arguments.js';
import { lastLine } from './diagnose.js';
import { FfmpegProcess, type FfmpegEnd } from './ffmpeg-process.js';
import type { Ffmpeg } from './find-ffmpeg.js';

/** A JPEG larger than this is not one. */
const mostBytes = 16 * 1024 * 1024;
/** The last two bytes of a JPEG (ITU-T T.81 B.1.1.3); inside, 0xFF is always followed by something else. */
const endOfImage = 0xffd9;
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
 * Makes JPEGs of single keyframes, for all cameras. Starting takes FFmpeg longer than its work, so the next one is started
 * ahead with the arguments of the last one (Home asks for the same size again and again) and waits for its picture.
 */
export class StillRenderer implements AsyncDisposable {
  #standby: Standby | undefined;
  /** All that live, also those that were given up and are on their way out. */
  readonly #runs = new Set<FfmpegProcess>();
  #running = 0;
  readonly #mostAtOnce: number;
  /** Who waits for a turn, first come first served. */
  readonly #waiting = new Set<() => void>();
  #closed = false;

  /** @param mostAtOnce more than there are cores would only make all of them late. */
  constructor(mostAtOnce = availableParallelism()) {
    this.#mostAtOnce = mostAtOnce;
  }

  /**
   * Decodes one keyframe and encodes it as JPEG, at most as large as asked, in the picture's own shape.
   * @throws Problem snapshot-failed; also when `signal` ends it.
   */
  async render(ffmpeg: Ffmpeg, keyframe: AccessUnit, size: StillSize, signal: AbortSignal): Promise<Buffer> {
    await this.#turn(signal);
    try {
      const args = stillArguments(size);
      const run = this.#takeStandby(ffmpeg.path, args) ?? this.#start(ffmpeg.path, args);
      const picture = await renderWith(run, keyframe, signal);
      if (this.#waiting.size === 0) {
        this.#standBy(ffmpeg.path, args); // Not while others need the cores.
      }
      return picture;
    } finally {
      this.#giveTurn();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#standby?.timer);
    await Promise.all([...this.#runs].map((run) => run.stop()));
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#running < this.#mostAtOnce) {
      this.#running += 1;
      return;
    }
    const turn = Promise.withResolvers<undefined>();
    const begin = (): void => turn.resolve(undefined);
    const giveUp = (): void => turn.reject(new Problem('snapshot-failed', 'too many pictures were asked for at once'));
    this.#waiting.add(begin);
    signal.addEventListener('abort', giveUp);
    try {
      await turn.promise;
    } finally {
      this.#waiting.delete(begin);
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** The turn goes to the next who waits, or is free again. */
  #giveTurn(): void {
    const next = this.#waiting.values().next().value;
    if (next) {
      this.#waiting.delete(next);
      next();
    } else {
      this.#running -= 1;
    }
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

/** Rejects at once when `signal` says so; the FFmpeg is seen off in the background. */
async function renderWith(run: FfmpegProcess, keyframe: AccessUnit, signal: AbortSignal): Promise<Buffer> {
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => {
    void run.stop();
    aborted.reject(new Problem('snapshot-failed', 'FFmpeg took too long'));
  };
  aborted.promise.catch(() => undefined);
  signal.addEventListener('abort', stop);
  if (signal.aborted) {
    stop();
  }
  for (const part of asMp4(keyframe)) {
    run.stdin.write(part);
  }
  run.stdin.end();
  try {
    const picture = await Promise.race([completeJpeg(run), run.ended.then(() => undefined), aborted.promise]);
    return picture ?? fail(await run.ended);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Resolves as soon as the picture is whole: FFmpeg takes a while to leave. Resolves with undefined where it never is. */
function completeJpeg(run: FfmpegProcess): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    run.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      const complete = chunk.length >= 2 && chunk.readUInt16BE(chunk.length - 2) === endOfImage;
      if (complete) {
        resolve(Buffer.concat(chunks));
      } else if (bytes > mostBytes) {
        void run.stop();
      }
    });
    run.stdout.on('close', () => {
      const jpeg = Buffer.concat(chunks);
      resolve(jpeg.length >= 2 && jpeg.readUInt16BE(jpeg.length - 2) === endOfImage ? jpeg : undefined);
    });
  });
}

function asMp4(keyframe: AccessUnit): Uint8Array[] {
  const sample = { data: keyframe.data, durationTicks: 0, keyframe: true, compositionOffsetTicks: 0 };
  return [writeInit({ ...keyframe.format, timescale: 90_000 }), ...writeFragment({ sequence: 1, samples: [sample], baseDecodeTimeTicks: 0 })];
}

function fail(end: FfmpegEnd): never {
  throw new Problem('snapshot-failed', lastLine(end) ?? 'FFmpeg gave no picture');
}
