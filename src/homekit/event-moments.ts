import type { CameraEvents } from '../events/camera-events.js';
import type { AccessUnit } from '../media/access-unit.js';
import type { Camera } from '../pipeline/camera.js';
import { momentOf, type Moment } from '../pipeline/moment.js';
import { chooseMoment } from '../policy/moment-choice.js';

/** Home asks for the picture of an event within a second or two; who reads the notification late sees what Home kept. */
const keptMs = 10_000;

/** What the camera showed when something moved or somebody rang: encoded, as it lies in the ring, so that keeping it costs nothing. */
export class EventMoments implements Disposable {
  readonly #camera: Pick<Camera, 'streams' | 'main' | 'listen'>;
  readonly #mayLook: () => boolean;
  readonly #listening: Disposable;
  readonly #keyframes = new WeakMap<Moment, Moment>();
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
  nearest(width: number): Moment | undefined {
    const facts = (this.#kept?.moments ?? []).flatMap((moment) => (moment.units[0] ? [{ moment, ...sizeOf(moment.units[0]), pictures: moment.units.length }] : []));
    const choice = chooseMoment(facts, width);
    return choice && (choice.whole ? choice.moment.moment : this.#keyframeOf(choice.moment.moment));
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

  /** Always the same object for the same moment: its JPEGs are kept by it. */
  #keyframeOf(moment: Moment): Moment {
    const units = moment.units.slice(0, 1);
    const keyframe = this.#keyframes.get(moment) ?? { ...moment, units, timeMs: units[0]?.timeMs ?? moment.timeMs };
    this.#keyframes.set(moment, keyframe);
    return keyframe;
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

function sizeOf({ format: { width, height } }: AccessUnit): { readonly width: number; readonly height: number } {
  return { width, height };
}
