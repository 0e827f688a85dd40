import type { CameraEvents } from '../../events/camera-events.js';

/** A camera that the outside world may report something about. */
export interface TriggeredCamera {
  /** In addresses: 'front-door', or the configured id. */
  readonly key: string;
  readonly name: string;
  readonly doorbell: boolean;
  readonly reportsMotion: boolean;
  readonly events: CameraEvents;
}

/** Finds a camera by its key or its name, whatever the case. A key wins over a name. */
export class CameraDirectory {
  readonly #cameras = new Map<string, TriggeredCamera>();
  readonly keys: readonly string[];

  constructor(cameras: readonly TriggeredCamera[]) {
    this.keys = cameras.map(({ key }) => key);
    for (const text of ['key', 'name'] as const) {
      for (const camera of cameras) {
        const folded = fold(camera[text]);
        this.#cameras.set(folded, this.#cameras.get(folded) ?? camera);
      }
    }
  }

  /** Devices that take an address for a form write a blank as +. */
  find(name: string): TriggeredCamera | undefined {
    return this.#cameras.get(fold(name)) ?? this.#cameras.get(fold(name.replaceAll('+', ' ')));
  }
}

/** An umlaut may be one character or two (Unicode NFC and NFD). */
function fold(text: string): string {
  return text.normalize('NFC').trim().toLowerCase();
}
