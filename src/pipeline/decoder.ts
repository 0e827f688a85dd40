import type { Hardware } from '../ffmpeg/hardware/hardware.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import type { VideoFormat } from '../media/access-unit.js';
import { restartDelayMs } from '../policy/backoff.js';
import { covers, describePlan, planDecoder, type DecoderPlan } from '../policy/decoder-plan.js';
import { asProblem, Problem } from '../problems.js';
import type { CameraStream } from './camera-stream.js';
import { DecoderRun, type DecoderEnd } from './decoder-run.js';
import { FramePool, type Frame, type FramePoolStatus } from './frame-pool.js';
import { FrameReaders, type FrameLeaseRequest, type FrameListener } from './frame-readers.js';
import { LeaseBook, type Lease } from './lease.js';

/** It goes on for so long after the last lease; and as long at a size that nobody needs any more. */
const idleMs = 10_000;
/** One being filled, the newest, two snapshots; and for each lease one that is being written, the next, and one that takes its place. */
const slots = { common: 4, perLease: 3 } as const;
/** What decodes is asked for again this often: hardware may be proven by now, or no longer be set aside, and what began in software may run for days. */
const reconsiderEveryMs = 30_000;
/** Times go through FFmpeg in ticks of 1/90000 s. */
const sameTimeMs = 0.5;
/** One that is so near to what was published may take over. */
const caughtUpMs = 100;

export interface DecoderOptions {
  readonly stream: Pick<CameraStream, 'lease' | 'packets'>;
  readonly hardware: Pick<Hardware, 'decoder' | 'failed'>;
  readonly socketFolder: string;
  /** It does not work in software either. */
  readonly onProblem: (problem: Problem) => void;
  readonly onNote: (text: string) => void;
  readonly owner?: FfmpegOwner | undefined;
  /** For tests, which have no time to wait for the usual one. */
  readonly reconsiderEveryMs?: number;
}

export interface DecoderStatus {
  /** '1280x720, 30 fps'; undefined while it does not run. */
  readonly plan: string | undefined;
  /** What decodes, and why. */
  readonly by: string | undefined;
  /** FFmpegs now: more than one only while one takes over from another. */
  readonly processes: number;
  /** FFmpegs since the beginning. */
  readonly starts: number;
  readonly failures: number;
  readonly leases: readonly string[];
  readonly pool: FramePoolStatus;
}

/**
 * Decodes one stream once, for all who need its pictures, while they do: at the largest size and the highest rate that anyone needs.
 * When more is needed, a second FFmpeg starts beside the first and takes over when it has caught up, so that nobody misses more
 * than a few.
 */
export class Decoder implements AsyncDisposable {
  readonly #options: DecoderOptions;
  readonly #pool = new FramePool({ slots: slots.common });
  readonly #readers = new FrameReaders((error) => this.#options.onProblem(asProblem(error, 'live-view-failed')));
  readonly #leases = new LeaseBook(idleMs, { onTaken: () => this.#follow(), onChanged: () => this.#relax(), onIdle: () => this.#sleep() });
  /** Oldest first; the last one counts, those before it serve until it gives pictures. */
  #runs: DecoderRun[] = [];
  /** On their way out. */
  readonly #ending = new Set<DecoderRun['ended']>();
  /** The camera's, while this runs. */
  #lease: Lease | undefined;
  #newest: Frame | undefined;
  #lastMs = -Infinity;
  #starts = 0;
  #failures = 0;
  /** In a row. */
  #failedStarts = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #relaxTimer: NodeJS.Timeout | undefined;
  #reconsiderTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DecoderOptions) {
    this.#options = options;
  }

  /** The newest picture, for who takes what is there; retained by who keeps it. Undefined while nothing is decoded. */
  get newest(): Frame | undefined {
    return this.#newest;
  }

  /** While set, it ends with its last lease instead of some seconds later. */
  set resting(resting: boolean) {
    this.#leases.atOnce = resting;
  }

  /** Pictures, until it is disposed. */
  lease(request: FrameLeaseRequest, listener: FrameListener): Lease {
    const reader = this.#readers.add(request, listener);
    this.#resizePool();
    const lease = this.#leases.take({ holder: request.holder });
    const plan = this.#runs.at(-1)?.plan;
    if (plan) {
      listener.onPlan?.(plan);
    }
    return {
      holder: request.holder,
      [Symbol.dispose]: () => {
        reader[Symbol.dispose]();
        this.#resizePool();
        lease[Symbol.dispose]();
      },
    };
  }

  status(): DecoderStatus {
    const { plan, choice } = this.#runs.at(-1) ?? {};
    return {
      plan: plan && describePlan(plan),
      by: choice && `${choice.preset.label}, ${choice.because}`,
      processes: this.#runs.filter((run) => run.choice !== undefined).length,
      starts: this.#starts,
      failures: this.#failures,
      leases: this.#leases.holders,
      pool: this.#pool.status(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#leases.close();
    await this.#stop();
  }

  /** Starts what is needed, and what is needed beyond what runs. */
  #follow(): void {
    if (this.#closed) {
      return;
    }
    this.#lease ??= this.#options.stream.lease({ holder: 'decoder' });
    this.#reconsiderTimer ??= setInterval(() => void this.#reconsider(), this.#options.reconsiderEveryMs ?? reconsiderEveryMs).unref();
    const run = this.#runs.at(-1);
    if (!run) {
      clearTimeout(this.#restartTimer);
      this.#start();
      return;
    }
    // One that has not begun asks for the plan when it does.
    const running = run.plan;
    const wanted = this.#plan();
    if (running && wanted && !covers(running, wanted)) {
      this.#options.onNote(`decoder: ${describePlan(wanted)} in place of ${describePlan(running)}`);
      this.#start();
    }
  }

  /** Something better than what decodes may be there by now. It takes over when it has caught up, as with a larger plan. */
  async #reconsider(): Promise<void> {
    const [run] = this.#runs;
    const { format } = this.#options.stream.packets;
    if (!run?.choice || !format || this.#runs.length > 1) {
      return;
    }
    const choice = await this.#options.hardware.decoder(format).catch(() => undefined);
    const isBetter = choice && run.choice.preset.name === 'software' && choice.preset.name !== 'software';
    if (isBetter && this.#runs.length === 1 && this.#runs[0] === run) {
      this.#options.onNote(`decoder: ${choice.preset.label} in place of ${run.choice.preset.label}, ${choice.because}`);
      this.#start();
    }
  }

  /** What nobody needs any more goes after a while: views come and go. */
  #relax(): void {
    clearTimeout(this.#relaxTimer);
    this.#relaxTimer = setTimeout(() => {
      const running = this.#runs.at(-1)?.plan;
      const wanted = this.#plan();
      if (running && wanted && describePlan(running) !== describePlan(wanted)) {
        this.#options.onNote(`decoder: ${describePlan(wanted)} is enough, in place of ${describePlan(running)}`);
        this.#start();
      }
    }, idleMs);
    this.#relaxTimer.unref();
  }

  #plan(format: Pick<VideoFormat, 'width' | 'height'> | undefined = this.#options.stream.packets.format): DecoderPlan | undefined {
    return format && planDecoder(this.#readers.needs, format);
  }

  #start(): void {
    const { stream, hardware, socketFolder, owner } = this.#options;
    // Of those that were to take over and have not, the newest is enough.
    this.#seeOff(this.#runs.splice(1));
    const run: DecoderRun = new DecoderRun({
      source: stream.packets,
      hardware,
      pool: this.#pool,
      socketFolder,
      plan: (format) => {
        const plan = this.#plan(format);
        this.#starts += plan ? 1 : 0;
        if (plan) {
          this.#readers.tellPlan(plan);
        }
        return plan;
      },
      wants: (timeMs) => this.#wants(run, timeMs),
      onFrame: (frame) => this.#publish(run, frame),
      owner,
    });
    this.#runs.push(run);
    run.ended.then(
      (end) => this.#ended(run, end),
      (error: unknown) => this.#failed(run, asProblem(error, 'live-view-failed')),
    );
  }

  /** Only what is newer; and one that has caught up takes over, as it need not become faster than the one before it. */
  #wants(run: DecoderRun, timeMs: number): boolean {
    const at = this.#runs.indexOf(run);
    if (at < 0) {
      return false;
    }
    const keyframeMs = this.#options.stream.packets.liveKeyframe?.timeMs ?? Infinity;
    const newestMs = run.plan?.mode === 'keyframes' ? Math.min(this.#lastMs, keyframeMs) : this.#lastMs;
    if (timeMs >= newestMs - caughtUpMs) {
      this.#seeOff(this.#runs.splice(0, at));
    }
    return timeMs > this.#lastMs + sameTimeMs;
  }

  #publish(run: DecoderRun, frame: Frame): void {
    if (!this.#runs.includes(run)) {
      frame[Symbol.dispose]();
      return;
    }
    this.#newest?.[Symbol.dispose]();
    this.#newest = frame;
    this.#lastMs = frame.timeMs;
    this.#failedStarts = 0;
    this.#readers.give(frame);
  }

  #ended(run: DecoderRun, end: DecoderEnd): void {
    if (end.kind !== 'failed') {
      this.#remove(run);
      if (end.kind === 'formatChanged') {
        this.#again();
      }
      return;
    }
    this.#failures += 1;
    const { because, choice } = end;
    const replaced = this.#options.hardware.failed(choice, 'decode', because);
    if (replaced) {
      this.#remove(run);
      this.#again();
    } else {
      this.#failed(run, new Problem('live-view-failed', because));
    }
  }

  #failed(run: DecoderRun, problem: Problem): void {
    this.#remove(run);
    if (this.#runs.length === 0) {
      this.#options.onProblem(problem);
    }
    this.#failedStarts += 1;
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => this.#again(), restartDelayMs(this.#failedStarts));
  }

  #again(): void {
    if (this.#readers.count > 0) {
      this.#follow();
    }
  }

  #resizePool(): void {
    this.#pool.slots = slots.common + slots.perLease * this.#readers.count;
  }

  #seeOff(runs: readonly DecoderRun[]): void {
    for (const run of runs) {
      run.stop();
      this.#ending.add(run.ended);
      void Promise.allSettled([run.ended]).then(() => this.#ending.delete(run.ended));
    }
  }

  #remove(run: DecoderRun): void {
    this.#runs = this.#runs.filter((each) => each !== run);
  }

  #sleep(): void {
    void this.#stop();
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restartTimer);
    clearTimeout(this.#relaxTimer);
    clearInterval(this.#reconsiderTimer);
    this.#reconsiderTimer = undefined;
    this.#seeOff(this.#runs.splice(0));
    this.#newest?.[Symbol.dispose]();
    this.#newest = undefined;
    this.#lease?.[Symbol.dispose]();
    this.#lease = undefined;
    await Promise.allSettled(this.#ending);
    this.#pool.trim();
  }
}
