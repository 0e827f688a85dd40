import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Frame } from '../pipeline/frame-pool.js';
import type { DetectorSettings, MotionVerdict } from './detector.js';
import { CostCount, type MotionCost } from './motion-cost.js';
import { MotionThread } from './motion-thread.js';
import type { WorkerAnswer } from './worker-messages.js';

export interface MotionPoolOptions {
  /** Told once per cause. */
  readonly onProblem?: (problem: unknown) => void;
  /** At most; half of the cores where it is not told, and at least one. */
  readonly threads?: number;
  /** So long after its last watch a thread ends. */
  readonly idleMs?: number;
  readonly startWorker?: () => Worker;
}

export interface MotionPoolStatus {
  /** That are kept for the watches now, and of them those that run. */
  readonly threads: number;
  readonly running: number;
  readonly watches: number;
  /** All watches that are there, together: see `MotionCost`. */
  readonly cpuPercent: number;
}

/** One camera's pictures being looked at; ends when it is disposed. */
export interface MotionWatch extends Disposable {
  /** Shares the picture with the thread; false (and counted) where that has two of this camera already, or is being replaced. */
  look(frame: Pick<Frame, 'share' | 'timeMs'>): boolean;
  readonly cost: MotionCost;
}

/** One thread can do more; these are so that one camera's turn comes soon. */
const watchesPerThread = 8;
const defaultIdleMs = 5_000;

/** Looks for motion in the pictures of many cameras, in few threads that read the shared pictures where they are. */
export class MotionPool implements AsyncDisposable {
  readonly #options: MotionPoolOptions;
  readonly #mostThreads: number;
  readonly #threads = new Map<MotionThread, { idle: NodeJS.Timeout | undefined }>();
  readonly #watches = new Set<OpenWatch>();
  readonly #toldCauses = new Set<string>();
  #nextWatch = 1;
  #closed = false;

  constructor(options: MotionPoolOptions = {}) {
    this.#options = options;
    this.#mostThreads = Math.max(1, Math.floor(options.threads ?? availableParallelism() / 2));
  }

  /** @param onVerdict called for each picture that was looked at, in order. */
  watch(settings: DetectorSettings, onVerdict: (verdict: MotionVerdict) => void): MotionWatch {
    if (this.#closed) {
      throw new Error('The motion threads have been ended.');
    }
    const thread = this.#threadForOneMore();
    const watch = new OpenWatch(this.#nextWatch++, thread, settings, {
      onVerdict,
      onProblem: (problem) => this.#tell(problem),
      onEnd: () => this.#end(watch, thread),
    });
    this.#watches.add(watch);
    return watch;
  }

  status(): MotionPoolStatus {
    const threads = [...this.#threads.keys()];
    return {
      threads: threads.length,
      running: threads.filter(({ running }) => running).length,
      watches: this.#watches.size,
      cpuPercent: [...this.#watches].reduce((sum, { cost }) => sum + cost.cpuPercent, 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    this.#watches.clear();
    await Promise.all(
      threads.map(async ([thread, { idle }]) => {
        clearTimeout(idle);
        await thread[Symbol.asyncDispose]();
      }),
    );
  }

  /** The thread with the fewest cameras; a new one where all have enough, and one more may be. */
  #threadForOneMore(): MotionThread {
    const [least] = [...this.#threads.keys()].sort((a, b) => a.watches - b.watches);
    if (least && (least.watches < watchesPerThread || this.#threads.size >= this.#mostThreads)) {
      clearTimeout(this.#threads.get(least)?.idle);
      return least;
    }
    const thread = new MotionThread(this.#options.startWorker ?? startWorker, (problem) => this.#tell(problem));
    this.#threads.set(thread, { idle: undefined });
    return thread;
  }

  #end(watch: OpenWatch, thread: MotionThread): void {
    this.#watches.delete(watch);
    const entry = this.#threads.get(thread);
    if (entry && thread.watches === 0) {
      clearTimeout(entry.idle);
      entry.idle = setTimeout(() => {
        this.#threads.delete(thread);
        void thread[Symbol.asyncDispose]();
      }, this.#options.idleMs ?? defaultIdleMs);
      entry.idle.unref();
    }
  }

  #tell(problem: unknown): void {
    const cause = problem instanceof Error ? problem.message : String(problem);
    if (!this.#toldCauses.has(cause)) {
      this.#toldCauses.add(cause);
      this.#options.onProblem?.(problem);
    }
  }
}

interface WatchEvents {
  readonly onVerdict: (verdict: MotionVerdict) => void;
  readonly onProblem: (problem: unknown) => void;
  readonly onEnd: () => void;
}

class OpenWatch implements MotionWatch {
  readonly #id: number;
  readonly #thread: MotionThread;
  readonly #events: WatchEvents;
  readonly #count = new CostCount();
  #open = true;

  constructor(id: number, thread: MotionThread, settings: DetectorSettings, events: WatchEvents) {
    this.#id = id;
    this.#thread = thread;
    this.#events = events;
    thread.add(id, { settings, onAnswer: (answer) => this.#hear(answer) });
  }

  get cost(): MotionCost {
    return this.#count.value;
  }

  look(frame: Pick<Frame, 'share'>): boolean {
    const taken = this.#open && this.#thread.look(this.#id, frame);
    if (!taken) {
      this.#count.drop();
    }
    return taken;
  }

  [Symbol.dispose](): void {
    if (this.#open) {
      this.#open = false;
      this.#thread.remove(this.#id);
      this.#events.onEnd();
    }
  }

  #hear({ verdict, refused, cpuMs }: WorkerAnswer): void {
    this.#count.add(cpuMs);
    if (refused !== undefined) {
      this.#events.onProblem(new Error(refused));
    }
    if (verdict) {
      try {
        this.#events.onVerdict(verdict);
      } catch (error) {
        this.#events.onProblem(error);
      }
    }
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./motion-worker.js', import.meta.url), { name: 'motion' });
}
