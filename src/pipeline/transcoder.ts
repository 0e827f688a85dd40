import { setTimeout as sleep } from 'node:timers/promises';
import { transcodeArguments, type TranscodeRequest } from '../ffmpeg/arguments.js';
import { howEnded } from '../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../ffmpeg/find-ffmpeg.js';
import type { AccessUnit, VideoFormat } from '../media/access-unit.js';
import { Fmp4Reader, type Fmp4Track } from '../media/fmp4-reader.js';
import { isKeyframe } from '../media/nal.js';
import { videoFormatFromTrack } from '../media/video-format.js';
import { asProblem, Problem } from '../problems.js';
import { FragmentFeed } from './fragment-feed.js';
import { readFragments } from './fragment-output.js';
import { PacketStream } from './packet-stream.js';

/** An encoder that fails is started again after this. */
const restartMs = 1_000;
/** One that owes pictures and gives none for so long is stuck. */
const stuckAfterMs = 10_000;
/** The rendition's own ring: enough to begin again at a keyframe, no past is wanted of it. */
const renditionRing = { pastMs: 2_000, bytes: 8 * 1024 * 1024 } as const;

export interface TranscoderOptions {
  /** Asked at each start, as an upgrade may have moved it. */
  readonly ffmpeg: () => Promise<Ffmpeg>;
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
      const problem = await this.#run(signal).catch((error: unknown) => asProblem(error, 'live-view-failed'));
      this.packets.interrupt();
      if (problem) {
        this.#options.onProblem(problem);
        await sleep(restartMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** One FFmpeg, for as long as the source keeps its format. Resolves with what went wrong, or undefined. */
  async #run(signal: AbortSignal): Promise<Problem | undefined> {
    const { source, request, onLine } = this.#options;
    const ffmpeg = await this.#options.ffmpeg();
    using feed = new FragmentFeed(source);
    const first = await feed.firstKeyframe(signal);
    if (!first || signal.aborted) {
      return undefined;
    }
    let problem: Problem | undefined;
    /** Since when it has been FFmpeg's turn without a picture coming. */
    let owedSinceMs: number | undefined;
    const args = transcodeArguments({ ...request, libavutilMajor: ffmpeg.libavutilMajor });
    const run = new FfmpegProcess({ path: ffmpeg.path, args, role: 'transcode', onLine });
    const giveUp = (because: Problem): void => {
      problem ??= because;
      void run.stop();
    };
    const stop = (): void => void run.stop();
    const output = renditionReader(first.decodeTimeMs, (unit) => {
      owedSinceMs = undefined;
      this.packets.publish(unit);
      feed.gaveBack(unit.timeMs);
    });
    readFragments(run.stdout, output, (error) => giveUp(asProblem(error, 'live-view-failed')));
    const watchdog = setInterval(() => {
      // Not reset while a keyframe is let in: only a picture shows that FFmpeg works.
      owedSinceMs ??= feed.waiting ? performance.now() : undefined;
      if (owedSinceMs !== undefined && performance.now() - owedSinceMs > stuckAfterMs) {
        giveUp(new Problem('live-view-failed', `FFmpeg gave no picture for ${stuckAfterMs / 1000} s`));
      }
    }, stuckAfterMs / 10);
    signal.addEventListener('abort', stop);
    try {
      feed.writeTo(run.stdin, first);
    } catch (error) {
      giveUp(asProblem(error, 'live-view-failed'));
    }
    const end = await run.ended;
    clearInterval(watchdog);
    signal.removeEventListener('abort', stop);
    if (end.asked || feed.formatChanged) {
      return problem;
    }
    return problem ?? new Problem('live-view-failed', howEnded(end));
  }
}

/** Reads what an encoder writes; its times are those of the source, counted from `baseMs`. */
export function renditionReader(baseMs: number, onUnit: (unit: AccessUnit) => void): Fmp4Reader {
  let known: { readonly track: Fmp4Track; readonly format: VideoFormat } | undefined;
  return new Fmp4Reader({
    onTracks: (tracks) => {
      const track = tracks.find(({ kind }) => kind === 'video');
      known = track && { track, format: videoFormatFromTrack(track) };
    },
    onSample: ({ decodeTime, compositionOffset, data }) => {
      if (known) {
        const { track, format } = known;
        const decodeTimeMs = baseMs + ((decodeTime + track.presentationOffset) / track.timescale) * 1000;
        const timeMs = decodeTimeMs + (compositionOffset / track.timescale) * 1000;
        onUnit({ format, data, keyframe: isKeyframe(format.codec, data), timeMs, decodeTimeMs });
      }
    },
  });
}
