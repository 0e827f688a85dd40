import type { AccessUnit } from '../media/access-unit.js';
import type { Camera } from '../pipeline/camera.js';
import type { CameraStream } from '../pipeline/camera-stream.js';
import { chooseLinger, shortLingerMs } from '../policy/wake-linger.js';

/** Wakes a camera for its snapshots, and looks what comes of it: for nothing but snapshots it does not stay awake. */
export class CameraWaker {
  readonly #camera: Pick<Camera, 'config' | 'streams' | 'note'>;
  #askedMs = -Infinity;
  #quietForMs = Infinity;
  #usesAtWake: number | undefined;

  constructor(camera: Pick<Camera, 'config' | 'streams' | 'note'>) {
    this.#camera = camera;
  }

  /** To be told of each snapshot that is asked for. */
  asked(): void {
    const nowMs = performance.now();
    this.#quietForMs = nowMs - this.#askedMs;
    this.#askedMs = nowMs;
  }

  /** Wakes the stream and waits for its first keyframe; undefined when the time is up. */
  async firstKeyframe(stream: CameraStream, longestMs: number): Promise<AccessUnit | undefined> {
    using _lease = stream.lease({ holder: 'snapshot', waitedFor: true, passing: true, lingerMs: this.#lingerMs() });
    const waited = Promise.withResolvers<AccessUnit | undefined>();
    using reader = stream.packets.read(() => {
      const unit = reader.next();
      if (unit) {
        waited.resolve(unit);
      }
    });
    reader.seekToNewestKeyframe();
    const timer = setTimeout(() => waited.resolve(undefined), longestMs);
    try {
      return await waited.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #lingerMs(): number {
    const { streams, config } = this.#camera;
    const idleTimeoutMs = config.idleTimeout * 1000;
    if (streams.some(({ state }) => state.kind !== 'asleep')) {
      return shortLingerMs(idleTimeoutMs); // Whoever has woken it says for how long.
    }
    const uses = streams.reduce((sum, each) => sum + each.uses, 0);
    const { lingerMs, because } = chooseLinger({ usesSinceWake: this.#usesAtWake === undefined ? undefined : uses - this.#usesAtWake, quietForMs: this.#quietForMs, idleTimeoutMs });
    this.#usesAtWake = uses;
    this.#camera.note(`stays connected for ${Math.round(lingerMs / 1000)} s after this snapshot: ${because}`);
    return lingerMs;
  }
}
