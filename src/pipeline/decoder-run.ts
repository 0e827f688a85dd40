import { howEnded } from '../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../ffmpeg/ffmpeg-process.js';
import { hardwareOf, type Hardware, type HardwareChoice } from '../ffmpeg/hardware/hardware.js';
import { decodeArguments } from '../ffmpeg/hardware/video-arguments.js';
import { openOutputSocket } from '../ffmpeg/output-socket.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import type { AccessUnit, VideoFormat } from '../media/access-unit.js';
import { FormatError } from '../media/format-error.js';
import { NutReader } from '../media/nut-reader.js';
import type { DecoderPlan } from '../policy/decoder-plan.js';
import { FragmentFeed } from './fragment-feed.js';
import type { Frame, FramePool, FrameSlot } from './frame-pool.js';
import type { PacketStream } from './packet-stream.js';
import { bitDepthOf } from './source-video.js';
import { StuckWatch } from './stuck-watch.js';

/** While the past is decoded, more comes than its time: until pictures are this young they are left out, for so long at most. In milliseconds. */
const catchUp = { youngMs: 300, withinMs: 1_500 } as const;

export interface DecoderRunOptions {
  readonly source: PacketStream;
  readonly hardware: Pick<Hardware, 'decoder'>;
  readonly pool: FramePool;
  /** Where FFmpeg's output socket may lie for a moment. */
  readonly socketFolder: string;
  /** What is to come out, asked when the source's format is known; undefined: nothing any more. */
  readonly plan: (format: VideoFormat) => DecoderPlan | undefined;
  /** Whether a picture of this time is wanted. */
  readonly wants: (timeMs: number) => boolean;
  /** Takes the picture's reference. */
  readonly onFrame: (frame: Frame) => void;
  readonly owner?: FfmpegOwner | undefined;
}

export type DecoderEnd =
  | { readonly kind: 'asked' }
  /** The source changed its size or codec. */
  | { readonly kind: 'formatChanged' }
  | { readonly kind: 'failed'; readonly because: string; readonly choice: HardwareChoice };

/** One FFmpeg that decodes a stream from its newest keyframe on, for as long as the stream keeps its format. */
export class DecoderRun {
  /** Never rejects, unless there is no FFmpeg: with a Problem. */
  readonly ended: Promise<DecoderEnd>;
  readonly #options: DecoderRunOptions;
  readonly #stop = new AbortController();
  #plan: DecoderPlan | undefined;
  #choice: HardwareChoice | undefined;

  constructor(options: DecoderRunOptions) {
    this.#options = options;
    this.ended = this.#run(this.#stop.signal);
  }

  /** What it has undertaken; undefined until there is something to decode. */
  get plan(): DecoderPlan | undefined {
    return this.#plan;
  }

  /** What decodes; undefined until FFmpeg is started. */
  get choice(): HardwareChoice | undefined {
    return this.#choice;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(signal: AbortSignal): Promise<DecoderEnd> {
    const { source, plan: planFor, hardware } = this.#options;
    using feed = new FragmentFeed(source);
    const first = await feed.firstKeyframe(signal);
    const plan = first && planFor(first.format);
    if (!plan) {
      return { kind: 'asked' };
    }
    this.#plan = plan;
    const choice = await hardware.decoder(first.format);
    // Awaited here: the feed is let go of on return.
    return signal.aborted ? { kind: 'asked' } : await this.#decode({ feed, first, plan, choice, signal });
  }

  async #decode({ feed, first, plan, choice, signal }: Decoding): Promise<DecoderEnd> {
    const { socketFolder, owner } = this.#options;
    const failure: { because?: string } = {};
    const giveUp = (because: string): void => {
      failure.because ??= because;
      void run.stop();
    };
    const pictures = this.#pictures(first.decodeTimeMs, (timeMs) => {
      watch.gave();
      feed.gaveBack(timeMs);
    });
    const orGiveUp = (take: () => void): void => {
      try {
        take();
      } catch (error) {
        giveUp(error instanceof FormatError ? `FFmpeg wrote what cannot be read: ${error.message}` : String(error));
      }
    };
    const output = await openOutputSocket(socketFolder, {
      target: () => pictures.target(),
      filled: (bytes) => {
        orGiveUp(() => pictures.filled(bytes));
        return true;
      },
    });
    if (this.#stop.signal.aborted) {
      output?.ours.destroy();
      output?.theirs.destroy();
      return { kind: 'asked' };
    }
    const watch = new StuckWatch(
      choice.preset,
      () => feed.owed,
      () => feed.written,
      giveUp,
    );
    const keyframesOnly = plan.mode === 'keyframes';
    const pastMs = keyframesOnly ? undefined : feed.pastMs(first);
    const run = new FfmpegProcess({ path: choice.ffmpeg.path, args: decodeArguments(choice, requestFor(first.format, plan, pastMs)), role: 'decode', output, owner, hardware: hardwareOf(choice) });
    this.#choice = choice;
    if (!output) {
      run.stdout.on('data', (bytes: Buffer) => orGiveUp(() => pictures.push(bytes)));
    }
    const stop = (): void => void run.stop();
    signal.addEventListener('abort', stop);
    orGiveUp(() => feed.writeTo(run.stdin, first, { keyframesOnly, maxFps: plan.maxFps, pastMs }));
    const end = await run.ended;
    watch[Symbol.dispose]();
    pictures[Symbol.dispose]();
    signal.removeEventListener('abort', stop);
    if (signal.aborted) {
      return { kind: 'asked' };
    }
    return feed.formatChanged && failure.because === undefined ? { kind: 'formatChanged' } : { kind: 'failed', because: failure.because ?? howEnded(end), choice };
  }

  /** Reads FFmpeg's pictures straight into slots of the pool. */
  #pictures(baseMs: number, onTime: (timeMs: number) => void): NutReader & Disposable {
    const { pool, wants, onFrame } = this.#options;
    let slot: FrameSlot | undefined;
    const isLate = lateness();
    const reader = new NutReader({
      room: ({ width, height, timeMs }) => {
        onTime(baseMs + timeMs);
        slot = !isLate(baseMs + timeMs) && wants(baseMs + timeMs) ? pool.claim(width, height) : undefined;
        return slot?.bytes;
      },
      onPicture: ({ timeMs }) => {
        const filled = slot;
        slot = undefined;
        if (filled) {
          onFrame(filled.publish(baseMs + timeMs));
        }
      },
    });
    return Object.assign(reader, { [Symbol.dispose]: () => slot?.[Symbol.dispose]() });
  }
}

/** Tells which pictures come too late to be shown: all but the first, until it has caught up with the present, or cannot. */
function lateness(): (timeMs: number) => boolean {
  let firstMs: number | undefined;
  let catchingUp = true;
  return (timeMs) => {
    const nowMs = performance.now();
    if (firstMs === undefined) {
      firstMs = nowMs;
      return false;
    }
    catchingUp &&= nowMs - timeMs > catchUp.youngMs && nowMs - firstMs < catchUp.withinMs;
    return catchingUp;
  };
}

interface Decoding {
  readonly feed: FragmentFeed;
  readonly first: AccessUnit;
  readonly plan: DecoderPlan;
  readonly choice: HardwareChoice;
  readonly signal: AbortSignal;
}

function requestFor(format: VideoFormat, plan: DecoderPlan, pastMs: number | undefined) {
  return {
    codec: format.codec,
    sourceWidth: format.width,
    sourceHeight: format.height,
    sourceBitDepth: bitDepthOf(format),
    width: plan.width,
    height: plan.height,
    sourceInterlaced: format.interlaced,
    keyframesOnly: plan.mode === 'keyframes',
    maxFps: plan.maxFps,
    pastSeconds: pastMs === undefined ? undefined : Math.round(pastMs) / 1000,
  } as const;
}
