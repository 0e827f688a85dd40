import type { Hardware } from '../ffmpeg/hardware/hardware.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import { restartDelayMs } from '../policy/backoff.js';
import { renditionKey, type RenditionSettings } from '../policy/rendition-choice.js';
import { asProblem, Problem } from '../problems.js';
import type { AccessUnit } from '../media/access-unit.js';
import type { Decoder } from './decoder.js';
import { EncoderRun, type EncoderEnd } from './encoder-run.js';
import type { Frame } from './frame-pool.js';
import type { Lease } from './lease.js';
import { PacketStream } from './packet-stream.js';

/** The rendition's own ring: enough to begin again at a keyframe, no past is wanted of it. */
const ringLimits = { pastMs: 2_000, bytes: 8 * 1024 * 1024 } as const;

export interface RenditionOptions {
  readonly settings: RenditionSettings;
  readonly decoder: Pick<Decoder, 'lease'>;
  /** Of the source, as measured; undefined while that is not known. */
  readonly sourceFps: () => number | undefined;
  readonly hardware: Pick<Hardware, 'encoder' | 'failed'>;
  /** It does not work in software either. */
  readonly onProblem: (problem: Problem) => void;
  readonly owner?: FfmpegOwner | undefined;
}

export interface RenditionStatus {
  /** '1280x720, 30 fps, 290 kbit/s, high 3.1' */
  readonly rendition: string;
  /** What encodes, and why; undefined until that is decided. */
  readonly by: string | undefined;
  /** FFmpegs now: more than one only while one takes over from another. */
  readonly processes: number;
  readonly starts: number;
  readonly failures: number;
  /** Pictures left out because the encoder was too slow. */
  readonly dropped: number;
  /** As measured; undefined until there is enough of it. */
  readonly bitrateKbps: number | undefined;
}

/**
 * One encoding of a stream's pictures, as a PacketStream with the times of the source. Runs until it is disposed, through camera
 * reboots, changes of the decoder's picture size and failures of its own FFmpeg.
 */
export class Rendition implements AsyncDisposable {
  readonly packets = new PacketStream({}, ringLimits);
  readonly #options: RenditionOptions;
  readonly #lease: Lease;
  /** Encodes. */
  #run: EncoderRun | undefined;
  /** Will, as soon as pictures of its size come. */
  #next: EncoderRun | undefined;
  #starts = 0;
  #failures = 0;
  #dropped = 0;
  /** In a row. */
  #failedStarts = 0;
  readonly #restartTimers = new Set<NodeJS.Timeout>();
  /** On their way out. */
  readonly #ending = new Set<EncoderRun['ended']>();
  #closed = false;

  constructor(options: RenditionOptions) {
    this.#options = options;
    const { settings, decoder } = options;
    this.#lease = decoder.lease(
      { holder: `rendition ${renditionKey(settings)}`, width: settings.width, height: settings.height, maxFps: settings.fps },
      { onFrame: (frame) => this.#take(frame), onPlan: (plan) => this.#prepare(plan) },
    );
  }

  status(): RenditionStatus {
    const runs = [this.#run, this.#next].filter((run) => run !== undefined);
    const choice = (this.#run ?? this.#next)?.choice;
    return {
      rendition: renditionKey(this.#options.settings),
      by: choice && `${choice.preset.label}, ${choice.because}`,
      processes: runs.length,
      starts: this.#starts,
      failures: this.#failures,
      dropped: runs.reduce((sum, run) => sum + run.dropped, this.#dropped),
      bitrateKbps: this.packets.measure()?.bitrateKbps,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#restartTimers.forEach((timer) => clearTimeout(timer));
    this.#lease[Symbol.dispose]();
    const runs = [this.#run, this.#next].filter((run) => run !== undefined);
    this.#run = undefined;
    this.#next = undefined;
    runs.forEach((run) => this.#seeOff(run));
    await Promise.allSettled(this.#ending);
    this.packets.clear();
  }

  /** Pictures of this size will come: an encoder for them is started ahead. */
  #prepare({ width, height }: EncoderRun['source']): void {
    if (isFor(this.#next ?? this.#run, { width, height })) {
      return;
    }
    this.#seeOff(this.#next);
    this.#next = isFor(this.#run, { width, height }) ? undefined : this.#start({ width, height });
  }

  #take(frame: Frame): void {
    if (this.#next && isFor(this.#next, frame)) {
      const before = this.#run;
      this.#run = this.#next;
      this.#next = undefined;
      this.#dropped += before?.dropped ?? 0;
      this.#seeOff(before);
    }
    // A picture of another size is of a decoder that is about to be replaced, and smaller than what was asked for.
    if (isFor(this.#run, frame)) {
      this.#run?.offer(frame);
    }
  }

  #start(source: EncoderRun['source']): EncoderRun {
    const { hardware, settings, sourceFps, owner } = this.#options;
    this.#starts += 1;
    const run: EncoderRun = new EncoderRun({ hardware, settings, source, sourceFps: sourceFps(), onUnit: (unit) => this.#publish(run, unit), owner });
    run.ended.then(
      (end) => this.#ended(run, end),
      (error: unknown) => this.#failed(run, asProblem(error, 'live-view-failed')),
    );
    return run;
  }

  /** What an encoder still gives after another has taken over would go back in time. */
  #publish(run: EncoderRun, unit: AccessUnit): void {
    if (run === this.#run) {
      this.#failedStarts = 0;
      this.packets.publish(unit);
    }
  }

  /** What it still has is of no use to anyone. */
  #seeOff(run: EncoderRun | undefined): void {
    if (run) {
      run.stop();
      this.#ending.add(run.ended);
      void Promise.allSettled([run.ended]).then(() => this.#ending.delete(run.ended));
    }
  }

  #ended(run: EncoderRun, end: EncoderEnd): void {
    if (end.kind === 'asked' || (run !== this.#run && run !== this.#next)) {
      return;
    }
    this.#failures += 1;
    if (this.#options.hardware.failed(end.choice, 'encode', end.because)) {
      this.#replace(run);
    } else {
      this.#failed(run, new Problem('live-view-failed', end.because));
    }
  }

  #failed(run: EncoderRun, problem: Problem): void {
    this.#options.onProblem(problem);
    this.#failedStarts += 1;
    const timer = setTimeout(() => {
      this.#restartTimers.delete(timer);
      this.#replace(run);
    }, restartDelayMs(this.#failedStarts));
    this.#restartTimers.add(timer);
  }

  /** Another one for the same pictures. Its first is a keyframe. */
  #replace(run: EncoderRun): void {
    if (this.#closed) {
      return;
    }
    if (run === this.#next) {
      this.#next = this.#start(run.source);
    } else if (run === this.#run) {
      this.packets.interrupt();
      this.#dropped += run.dropped;
      this.#run = this.#start(run.source);
    }
  }
}

function isFor(run: EncoderRun | undefined, { width, height }: EncoderRun['source']): boolean {
  return run?.source.width === width && run.source.height === height;
}
