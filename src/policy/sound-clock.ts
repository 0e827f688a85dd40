/** Frames that follow on each other stay so until their times are farther from their places than this; then sound is missing, or comes twice. */
const mostDriftMs = 60;
/** How much of what a frame's time differs is taken over: times jitter by milliseconds, clocks drift by one in ten thousand. */
const followed = 1 / 64;

/**
 * Gives each frame of a sound its place on an RTP clock that counts samples: frames that follow on each other are exactly a frame apart,
 * as receivers of Opus in HomeKit want it, however their times jitter; where sound is missing, whole frames are left out. What the
 * camera's clock drifts comes out in the sender reports, which tell when on the clock of the pictures a place is. Pure.
 */
export class SoundClock {
  readonly #frameMs: number;
  readonly #ticksPerFrame: number;
  /** When the frame at place 0 would begin, by what the newest ones say. */
  #baseMs: number | undefined;
  #next = 0;

  /** @param sampleRate as the viewer asks for it: HomeKit's clock for Opus, where RFC 7587 has 48 kHz. */
  constructor(frameMs: number, sampleRate: number) {
    this.#frameMs = frameMs;
    this.#ticksPerFrame = (frameMs * sampleRate) / 1000;
  }

  /** The place of the next frame, counted from the first one, by when it begins; undefined where its place is taken: it is to be left out. */
  place(timeMs: number): number | undefined {
    this.#baseMs ??= timeMs;
    const offMs = timeMs - (this.#baseMs + this.#next * this.#frameMs);
    if (offMs < -mostDriftMs) {
      return undefined;
    }
    if (offMs > mostDriftMs) {
      this.#next += Math.round(offMs / this.#frameMs);
    }
    const place = this.#next;
    this.#baseMs += (timeMs - (this.#baseMs + place * this.#frameMs)) * followed;
    this.#next += 1;
    return place;
  }

  /** RTP time of a place, from that of place 0 on. */
  ticksOf(place: number): number {
    return place * this.#ticksPerFrame;
  }

  /** RTP time of a moment, from that of place 0 on; undefined before the first frame. */
  ticksAt(ms: number): number | undefined {
    return this.#baseMs === undefined ? undefined : Math.round(((ms - this.#baseMs) / this.#frameMs) * this.#ticksPerFrame);
  }
}
