import type { CameraEvents } from '../events/camera-events.js';
import type { Camera } from '../pipeline/camera.js';
import type { Lease } from '../pipeline/lease.js';
import { momentOf, type Moment } from '../pipeline/moment.js';

/** Home asks for the picture of an event within a second or two; who reads the notification late sees what Home kept. */
const keptMs = 10_000;

/** What the camera showed when something moved or somebody rang: encoded, as it lies in the ring, so that keeping it costs nothing. */
export class EventMoments implements Disposable {
  readonly #camera: Pick<Camera, 'streams' | 'main' | 'barred'>;
  readonly #listening: Disposable;
  #kept: { readonly moments: readonly Moment[]; readonly lease: Lease; readonly timer: NodeJS.Timeout } | undefined;

  constructor(camera: Pick<Camera, 'streams' | 'main' | 'barred'>, events: CameraEvents) {
    this.#camera = camera;
    this.#listening = events.listen((event) => {
      if (event.kind === 'doorbell' || event.on) {
        this.#keep(event.atMs);
      }
    });
  }

  /** Of the newest event, from the smallest stream that is at least so wide, else from the widest. Undefined where nothing happened lately. */
  nearest(width: number): Moment | undefined {
    const byWidth = [...(this.#kept?.moments ?? [])].sort((a, b) => widthOf(a) - widthOf(b));
    return byWidth.find((moment) => widthOf(moment) >= width) ?? byWidth.at(-1);
  }

  forget(): void {
    clearTimeout(this.#kept?.timer);
    this.#kept?.lease[Symbol.dispose]();
    this.#kept = undefined;
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.forget();
  }

  /** A camera that sleeps is woken: its first picture is the nearest to the event that can be had, and Home asks for it at once. */
  #keep(atMs: number): void {
    if (this.#camera.barred) {
      return;
    }
    const lease = this.#camera.main.lease({ holder: 'event', waitedFor: true });
    const moments = this.#camera.streams.map((stream) => momentOf(stream, atMs)).filter((moment) => moment !== undefined);
    this.forget();
    this.#kept = { moments, lease, timer: setTimeout(() => this.forget(), keptMs) };
  }
}

function widthOf({ units }: Moment): number {
  return units[0]?.format.width ?? 0;
}
