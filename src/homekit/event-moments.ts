import type { CameraEvents } from '../events/camera-events.js';
import type { Camera } from '../pipeline/camera.js';
import { momentOf, type Moment } from '../pipeline/moment.js';
import { chooseMoment } from '../policy/moment-choice.js';

/** Home asks for the picture of an event within a second or two; who reads the notification late sees what Home kept. */
const keptMs = 10_000;

/** The picture that answers for an event. */
export interface NearestMoment {
  readonly moment: Moment;
  /** Whether there is time to decode all of it; otherwise its keyframe has to do. */
  readonly whole: boolean;
}

/** What the camera showed when something moved or somebody rang: encoded, as it lies in the ring, so that keeping it costs nothing. */
export class EventMoments implements Disposable {
  readonly #camera: Pick<Camera, 'streams' | 'main' | 'listen'>;
  readonly #mayLook: () => boolean;
  readonly #listening: Disposable;
  #kept: Kept | undefined;

  /** @param mayLook whether anybody may look through the camera now */
  constructor(camera: Pick<Camera, 'streams' | 'main' | 'listen'>, events: CameraEvents, mayLook: () => boolean) {
    this.#camera = camera;
    this.#mayLook = mayLook;
    this.#listening = events.listen((event) => {
      if (event.kind === 'doorbell' || event.on) {
        this.#keep(event.atMs);
      }
    });
  }

  /** Of the newest event, for a picture of this width. Undefined where nothing happened lately. */
  nearest(width: number): NearestMoment | undefined {
    const choice = chooseMoment((this.#kept?.moments ?? []).map((moment) => ({ moment, ...moment.size, pictures: moment.units.length })), width);
    return choice && { moment: choice.moment.moment, whole: choice.whole };
  }

  forget(): void {
    clearTimeout(this.#kept?.timer);
    this.#kept?.waking?.[Symbol.dispose]();
    this.#kept = undefined;
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.forget();
  }

  #keep(atMs: number): void {
    if (!this.#mayLook()) {
      return;
    }
    const moments = this.#momentsOf(atMs);
    this.forget();
    this.#kept = { moments, atMs, waking: moments.length > 0 ? undefined : this.#wake(), timer: setTimeout(() => this.forget(), keptMs).unref() };
  }

  #momentsOf(atMs: number): Moment[] {
    return this.#camera.streams.map((stream) => momentOf(stream, atMs)).filter((moment) => moment !== undefined);
  }

  /** The first picture of a camera that sleeps is the nearest to the event that can be had, and Home asks for it at once. */
  #wake(): Disposable {
    const lease = this.#camera.main.lease({ holder: 'event', waitedFor: true });
    const listening = this.#camera.listen(() => {
      if (this.#kept?.moments.length === 0) {
        this.#kept = { ...this.#kept, moments: this.#momentsOf(this.#kept.atMs) };
      }
    });
    return {
      [Symbol.dispose]: () => {
        listening[Symbol.dispose]();
        lease[Symbol.dispose]();
      },
    };
  }
}

/** What an event looked like. */
interface Kept {
  readonly moments: readonly Moment[];
  readonly atMs: number;
  /** While the camera is woken for it. */
  readonly waking: Disposable | undefined;
  readonly timer: NodeJS.Timeout;
}
