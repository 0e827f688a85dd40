import { transcodeArguments, type TranscodeRequest } from '../ffmpeg/arguments.js';
import { lastLine } from '../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../ffmpeg/find-ffmpeg.js';
import type { AccessUnit, VideoFormat } from '../media/access-unit.js';
import { FormatError } from '../media/format-error.js';
import { Fmp4Reader, type Fmp4Track } from '../media/fmp4-reader.js';
import { writeFragment, writeInit } from '../media/fmp4-writer.js';
import { isKeyframe } from '../media/nal.js';
import { videoFormatFromTrack } from '../media/video-format.js';
import { Problem } from '../problems.js';
import { PacketStream, type PacketReader } from './packet-stream.js';

/** Encoded pictures that may wait for FFmpeg, in bytes; beyond it the reader stays in the ring and loses whole GOPs there. */
const stdinBytes = 2 * 1024 * 1024;
const ticksPerMs = 90;
/** An encoder that fails is started again after this. */
const restartMs = 1_000;
/** The rendition's own ring: enough for a second viewer's start, no past is wanted of it. */
const renditionRing = { pastMs: 2_000, bytes: 8 * 1024 * 1024 } as const;

export interface TranscoderOptions {
  readonly ffmpeg: Ffmpeg;
  readonly source: PacketStream;
  readonly request: Omit<TranscodeRequest, 'libavutilMajor'>;
  readonly onProblem: (problem: Problem) => void;
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Reads a PacketStream from its newest keyframe on and gives a rendition of it as another PacketStream, with the times of the
 * source. Survives camera reboots, format changes and its own FFmpeg.
 */
export class Transcoder implements AsyncDisposable {
  readonly packets = new PacketStream({}, renditionRing);
  readonly #options: TranscoderOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(options: TranscoderOptions) {
    this.#options = options;
    this.#done = this.#keepRunning();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
    this.packets.clear();
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const problem = await runTranscode(this.#options, this.packets, signal);
      this.packets.interrupt();
      if (problem) {
        this.#options.onProblem(problem);
        await pause(restartMs, signal);
      }
    }
  }
}

/** One FFmpeg, for as long as the source keeps its format. Resolves with what went wrong, or undefined. */
async function runTranscode({ ffmpeg, source, request, onLine }: TranscoderOptions, packets: PacketStream, signal: AbortSignal): Promise<Problem | undefined> {
  const feed = new FragmentFeed(source);
  const first = await feed.firstKeyframe(signal);
  if (!first) {
    return undefined;
  }
  const args = transcodeArguments({ ...request, libavutilMajor: ffmpeg.libavutilMajor });
  const run = new FfmpegProcess({ path: ffmpeg.path, args, role: 'transcode', onLine });
  const stop = (): void => void run.stop();
  signal.addEventListener('abort', stop, { once: true });
  let problem: Problem | undefined;
  const output = new RenditionReader(packets, first.decodeTimeMs);
  run.stdout.on('data', (chunk: Buffer) => {
    try {
      output.push(chunk);
    } catch (error) {
      if (!(error instanceof FormatError)) {
        throw error;
      }
      problem ??= new Problem('live-view-failed', error.message, { cause: error });
      stop();
    }
  });
  feed.writeTo(run, first);
  const end = await run.ended;
  signal.removeEventListener('abort', stop);
  feed.close();
  if (end.asked || feed.formatChanged) {
    return problem;
  }
  return problem ?? new Problem('live-view-failed', lastLine(end) ?? `FFmpeg ended with ${end.code ?? end.signal ?? 'unknown'}`);
}

/** Writes access units as MP4 fragments into an FFmpeg, no faster than it takes them. */
class FragmentFeed {
  readonly #reader: PacketReader;
  #wake: () => void = () => undefined;
  #sequence = 0;
  formatChanged = false;

  constructor(source: PacketStream) {
    this.#reader = source.read(() => this.#wake());
    this.#reader.seekToNewestKeyframe();
  }

  /** Waits for a picture to begin with; undefined when `signal` comes first. */
  async firstKeyframe(signal: AbortSignal): Promise<AccessUnit | undefined> {
    for (;;) {
      const unit = signal.aborted ? undefined : this.#reader.next();
      if (unit || signal.aborted) {
        if (!unit) {
          this.close();
        }
        return unit;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  writeTo(run: FfmpegProcess, first: AccessUnit): void {
    const { stdin } = run;
    const format: VideoFormat = first.format;
    stdin.write(writeInit({ ...format, timescale: ticksPerMs * 1000 }));
    this.#write(run, first, first.decodeTimeMs);
    this.#wake = () => {
      while (stdin.writable && stdin.writableLength < stdinBytes) {
        const unit = this.#reader.next();
        if (!unit) {
          return;
        }
        if (unit.format !== format) {
          // Another size or codec: what was written is still encoded, then a new FFmpeg takes over at this keyframe.
          this.formatChanged = true;
          this.#wake = () => undefined;
          stdin.end();
          return;
        }
        this.#write(run, unit, first.decodeTimeMs);
      }
    };
    stdin.on('drain', () => this.#wake());
    this.#wake();
  }

  close(): void {
    this.#wake = () => undefined;
    this.#reader[Symbol.dispose]();
  }

  #write(run: FfmpegProcess, unit: AccessUnit, baseMs: number): void {
    const ticks = (ms: number): number => Math.round(ms * ticksPerMs);
    const sample = {
      data: unit.data,
      durationTicks: 0,
      keyframe: unit.keyframe,
      compositionOffsetTicks: ticks(unit.timeMs - unit.decodeTimeMs),
    };
    this.#sequence += 1;
    run.stdin.cork();
    for (const part of writeFragment({ sequence: this.#sequence, samples: [sample], baseDecodeTimeTicks: ticks(unit.decodeTimeMs - baseMs) })) {
      run.stdin.write(part);
    }
    run.stdin.uncork();
  }
}

/** Puts what the encoder writes into the rendition's PacketStream; its times are those of the source, counted from `baseMs`. */
class RenditionReader {
  readonly #reader: Fmp4Reader;
  #track: Fmp4Track | undefined;
  #format: VideoFormat | undefined;

  constructor(packets: PacketStream, baseMs: number) {
    this.#reader = new Fmp4Reader({
      onTracks: (tracks) => {
        this.#track = tracks.find((track) => track.kind === 'video');
        this.#format = this.#track && videoFormatFromTrack(this.#track);
      },
      onSample: (sample) => {
        if (!this.#track || !this.#format) {
          return;
        }
        const decodeTimeMs = baseMs + ((sample.decodeTime + this.#track.presentationOffset) / this.#track.timescale) * 1000;
        const timeMs = decodeTimeMs + (sample.compositionOffset / this.#track.timescale) * 1000;
        packets.publish({ format: this.#format, data: sample.data, keyframe: isKeyframe(this.#format.codec, sample.data), timeMs, decodeTimeMs });
      },
    });
  }

  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted) {
      finish();
    }
  });
}
