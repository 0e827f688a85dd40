import type { CameraEvents } from '../../events/camera-events.js';
import type { Timers } from '../../timers.js';

/** More at once are not kept: whoever reports them, a camera sees no such crowd. */
const mostAtOnce = 64;

/**
 * Motion of one camera that is reported over MQTT by several things (a topic, each object of Frigate): it lasts while one of them
 * goes on. Each ends by itself after its time, as the message that ends it may be lost.
 */
export class HeldMotion implements Disposable {
  readonly #events: CameraEvents;
  readonly #timers: Timers;
  /** What moves, the longest unheard of first, with the timer that ends it. */
  readonly #moving = new Map<string, unknown>();

  constructor(events: CameraEvents, timers: Timers) {
    this.#events = events;
    this.#timers = timers;
  }

  /** This moves, or still does, for at most `forMs` from now. */
  moves(what: string, forMs: number): void {
    this.#forget(what);
    const oldest = this.#moving.keys().next();
    if (this.#moving.size >= mostAtOnce && oldest.done !== true) {
      this.#forget(oldest.value);
    }
    this.#moving.set(what, this.#timers.setTimeout(() => this.stopped(what), forMs));
    this.#events.motionBegun('mqtt');
  }

  /** This does not move any more. Nothing happens where it was not known to. */
  stopped(what: string): void {
    if (this.#forget(what) && this.#moving.size === 0) {
      this.#events.motionEnded('mqtt');
    }
  }

  /** Somebody says of this that it does not move, whoever said that it does: that may have been told by HTTP. */
  ended(what: string): void {
    this.#forget(what);
    if (this.#moving.size === 0) {
      this.#events.motionEnded('mqtt');
    }
  }

  [Symbol.dispose](): void {
    for (const what of [...this.#moving.keys()]) {
      this.#forget(what);
    }
  }

  #forget(what: string): boolean {
    this.#timers.clearTimeout(this.#moving.get(what));
    return this.#moving.delete(what);
  }
}
