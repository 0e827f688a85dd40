import type { Worker } from 'node:worker_threads';
import type { Frame } from '../pipeline/frame-pool.js';
import { giveBackShare, type SharedFrame } from '../pipeline/shared-frame.js';
import { restartDelayMs } from '../policy/backoff.js';
import type { DetectorSettings } from './detector.js';
import type { WorkerAnswer, WorkerOrder } from './worker-messages.js';

/** Pictures of one camera that a thread has at once: the one it looks at, and the next. */
const mostPerWatch = 2;
/** A worker that ran for so long without failing has not failed before. */
const healthyMs = 60_000;

/** A camera, as its thread knows it. */
export interface Watched {
  readonly settings: DetectorSettings;
  onAnswer(answer: WorkerAnswer): void;
}

type Life =
  | { readonly state: 'runs'; readonly worker: Worker; readonly sinceMs: number }
  | { readonly state: 'waits'; readonly timer: NodeJS.Timeout }
  | { readonly state: 'closed' };

/** One worker thread and its cameras. A worker that dies is replaced after a while; what it had is taken back, and its detectors learn anew. */
export class MotionThread implements AsyncDisposable {
  readonly #startWorker: () => Worker;
  readonly #onProblem: (problem: unknown) => void;
  readonly #watched = new Map<number, Watched>();
  /** Pictures that the worker has, by the number of their share. */
  readonly #held = new Map<number, { readonly watch: number; readonly share: SharedFrame }>();
  #life: Life;
  #failures = 0;

  constructor(startWorker: () => Worker, onProblem: (problem: unknown) => void) {
    this.#startWorker = startWorker;
    this.#onProblem = onProblem;
    this.#life = this.#begin();
  }

  get watches(): number {
    return this.#watched.size;
  }

  get running(): boolean {
    return this.#life.state === 'runs';
  }

  add(watch: number, watched: Watched): void {
    this.#watched.set(watch, watched);
    this.#tell({ kind: 'watch', watch, settings: watched.settings });
  }

  remove(watch: number): void {
    this.#watched.delete(watch);
    this.#tell({ kind: 'forget', watch });
  }

  /** @returns false where the worker has enough of this camera's pictures, or there is none at present. */
  look(watch: number, frame: Pick<Frame, 'share'>): boolean {
    let held = 0;
    for (const each of this.#held.values()) {
      held += Number(each.watch === watch);
    }
    if (this.#life.state !== 'runs' || held >= mostPerWatch) {
      return false;
    }
    const share = frame.share();
    this.#held.set(share.number, { watch, share });
    this.#tell({ kind: 'look', watch, frame: share });
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const life = this.#life;
    this.#life = { state: 'closed' };
    if (life.state === 'waits') {
      clearTimeout(life.timer);
    }
    if (life.state === 'runs') {
      await life.worker.terminate();
    }
    this.#takeHeld().forEach(giveBackShare);
  }

  #begin(): Life {
    try {
      const worker = this.#startWorker();
      worker.on('message', (answer: WorkerAnswer) => this.#hear(answer));
      worker.once('error', (error) => this.#ended(worker, error));
      worker.once('exit', (code) => this.#ended(worker, new Error(`A motion thread ended with ${code}.`)));
      // Motion alone keeps no process alive.
      worker.unref();
      for (const [watch, { settings }] of this.#watched) {
        worker.postMessage({ kind: 'watch', watch, settings } satisfies WorkerOrder);
      }
      return { state: 'runs', worker, sinceMs: performance.now() };
    } catch (error) {
      return this.#wait(error);
    }
  }

  #tell(order: WorkerOrder): void {
    if (this.#life.state === 'runs') {
      this.#life.worker.postMessage(order);
    }
  }

  #hear(answer: WorkerAnswer): void {
    const held = this.#held.get(answer.number);
    this.#held.delete(answer.number);
    if (held) {
      giveBackShare(held.share);
      this.#watched.get(answer.watch)?.onAnswer(answer);
    }
  }

  /** An error is followed by an exit: the first of them counts. */
  #ended(worker: Worker, error: unknown): void {
    if (this.#life.state !== 'runs' || this.#life.worker !== worker) {
      return;
    }
    this.#failures = performance.now() - this.#life.sinceMs >= healthyMs ? 0 : this.#failures;
    // A worker that failed may not have ended yet, and still look at what it has.
    const shares = this.#takeHeld();
    void worker.terminate().finally(() => shares.forEach(giveBackShare));
    this.#life = this.#wait(error);
  }

  #wait(error: unknown): Life {
    this.#failures += 1;
    this.#onProblem(error);
    const timer = setTimeout(() => (this.#life = this.#begin()), restartDelayMs(this.#failures));
    timer.unref();
    return { state: 'waits', timer };
  }

  /** What the worker has is somebody else's to give back. */
  #takeHeld(): SharedFrame[] {
    const shares = [...this.#held.values()].map(({ share }) => share);
    this.#held.clear();
    return shares;
  }
}
