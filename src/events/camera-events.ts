import { realTimers, type Timers } from '../timers.js';

/** Who says that something happens. */
export type EventOrigin = 'pictures' | 'mqtt' | 'http' | 'switch';

/** What happens in front of a camera. `atMs`, on the process clock: the moment that the event is about. */
export type CameraEvent =
  | { readonly kind: 'motion'; readonly on: boolean; readonly by: EventOrigin; readonly atMs: number }
  | { readonly kind: 'doorbell'; readonly by: EventOrigin; readonly atMs: number };

export type CameraEventListener = (event: CameraEvent) => void;

export interface CameraEventsOptions {
  /** So long after the last word of motion it ends. */
  readonly motionTimeoutMs: number;
  readonly onMistake: (error: unknown) => void;
  readonly timers?: Timers;
  readonly now?: () => number;
}

/** A press within so long after one is the same: fingers and contacts tremble. */
const samePressMs = 2_000;

/** From these, whoever ends motion ends that of all of them: a camera may report its beginning one way and its end another. */
const toldFromOutside: readonly EventOrigin[] = ['mqtt', 'http'];

/** Motion and doorbell of one camera, whoever reports them: who listens is told of each change once, in order. */
export class CameraEvents implements Disposable {
  readonly #options: CameraEventsOptions;
  readonly #timers: Timers;
  readonly #now: () => number;
  readonly #listeners = new Set<CameraEventListener>();
  /** Who says that something moves, with the timer that ends it; without one it lasts until it is ended. */
  readonly #moving = new Map<EventOrigin, { readonly timer: unknown }>();
  readonly #queue: CameraEvent[] = [];
  #lastMotionMs = -Infinity;
  #lastRingMs = -Infinity;
  #deaf = false;
  #telling = false;

  constructor(options: CameraEventsOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#now = options.now ?? (() => performance.now());
  }

  get moving(): boolean {
    return this.#moving.size > 0;
  }

  /** When something was last seen to move, on the process clock; -Infinity before the first time. */
  get lastMotionMs(): number {
    return this.#lastMotionMs;
  }

  /** While set, motion is over, whoever reports it: nobody is to look at this camera. A doorbell still rings. */
  set deafToMotion(deaf: boolean) {
    this.#deaf = deaf;
    for (const by of deaf ? [...this.#moving.keys()] : []) {
      this.motionEnded(by);
    }
  }

  /** Something moves: motion begins, or goes on. Ends by itself. */
  motion(by: EventOrigin, atMs = this.#now()): void {
    this.#moves(by, atMs, 'until the timeout');
  }

  /** Something moves until `motionEnded`. */
  motionBegun(by: EventOrigin, atMs = this.#now()): void {
    this.#moves(by, atMs, 'until it is ended');
  }

  /** Who said that something moves says that it is over. Motion that somebody else reports goes on. */
  motionEnded(by: EventOrigin): void {
    const moved = this.#moving.size > 0;
    for (const origin of toldFromOutside.includes(by) ? toldFromOutside : [by]) {
      const held = this.#moving.get(origin);
      if (held && held.timer === undefined) {
        this.#lastMotionMs = this.#now(); // It lasted until now.
      }
      this.#timers.clearTimeout(this.#moving.get(origin)?.timer);
      this.#moving.delete(origin);
    }
    if (moved && this.#moving.size === 0) {
      this.#tell({ kind: 'motion', on: false, by, atMs: this.#now() });
    }
  }

  /** Somebody rings. @returns false where it is the same press as just before. */
  ring(by: EventOrigin, atMs = this.#now()): boolean {
    if (atMs - this.#lastRingMs < samePressMs) {
      return false;
    }
    this.#lastRingMs = atMs;
    this.#tell({ kind: 'doorbell', by, atMs });
    return true;
  }

  /** Tells of each event from now on, until it is disposed. */
  listen(listener: CameraEventListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
    for (const { timer } of this.#moving.values()) {
      this.#timers.clearTimeout(timer);
    }
    this.#moving.clear();
  }

  #moves(by: EventOrigin, atMs: number, lasts: 'until the timeout' | 'until it is ended'): void {
    if (this.#deaf) {
      return;
    }
    const before = this.moving;
    this.#timers.clearTimeout(this.#moving.get(by)?.timer);
    const timer = lasts === 'until the timeout' ? this.#timers.setTimeout(() => this.motionEnded(by), this.#options.motionTimeoutMs) : undefined;
    this.#moving.set(by, { timer });
    this.#lastMotionMs = Math.max(this.#lastMotionMs, atMs);
    if (!before) {
      this.#tell({ kind: 'motion', on: true, by, atMs });
    }
  }

  /** One listener may cause the next event: all are told of the first before. */
  #tell(event: CameraEvent): void {
    this.#queue.push(event);
    if (this.#telling) {
      return;
    }
    this.#telling = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      for (const listener of this.#listeners) {
        try {
          listener(next);
        } catch (error) {
          this.#options.onMistake(error);
        }
      }
    }
    this.#telling = false;
  }
}
