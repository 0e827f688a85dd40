import type { AccessUnit } from '../media/access-unit.js';
import type { CameraStream } from '../pipeline/camera-stream.js';

/** The first keyframe that any of a camera's streams delivers from now on, without having them connected for it. */
export class FirstKeyframe implements Disposable {
  /** Never settles where none comes. */
  readonly keyframe: Promise<AccessUnit>;
  readonly #readers: readonly Disposable[];

  constructor(streams: readonly Pick<CameraStream, 'packets'>[]) {
    const { promise, resolve } = Promise.withResolvers<AccessUnit>();
    this.keyframe = promise;
    this.#readers = streams.map(({ packets }) => {
      const reader = packets.read(() => {
        const unit = reader.next(); // Begins with a keyframe.
        if (unit) {
          resolve(unit);
        }
      });
      return reader;
    });
  }

  [Symbol.dispose](): void {
    this.#readers.forEach((reader) => reader[Symbol.dispose]());
  }
}
