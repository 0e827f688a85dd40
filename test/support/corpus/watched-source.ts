import type { Problem } from '../../../src/problems.js';
import type { Frame } from '../../../src/pipeline/frame-pool.js';
import { readLevels, readMarks, type Levels } from '../camera/marks.js';
import type { OpenedPlugin } from '../opened-camera.js';

/** A picture that was decoded, in full size. */
export interface WatchedPicture extends Levels {
  readonly width: number;
  readonly height: number;
  /** What is drawn into it; undefined where that cannot be read. */
  readonly counter: number | undefined;
  readonly timeMs: number;
}

/** Follows what becomes of a camera's main stream: what is published, what of it is decoded, what is said to be wrong. */
export class WatchedSource implements Disposable {
  readonly pictures: WatchedPicture[] = [];
  /** When access units were published, and their times. */
  readonly published: { readonly atMs: number; readonly timeMs: number; readonly keyframe: boolean }[] = [];
  readonly #source: OpenedPlugin;
  readonly #leases: Disposable[];

  constructor(source: OpenedPlugin) {
    this.#source = source;
    const { stream, decoder } = source.camera.video('main');
    const reader = stream.packets.read(() => {
      for (let unit = reader.next(); unit; unit = reader.next()) {
        this.published.push({ atMs: performance.now(), timeMs: unit.timeMs, keyframe: unit.keyframe });
      }
    });
    this.#leases = [stream.lease({ holder: 'corpus', waitedFor: true }), reader, decoder.lease({ holder: 'corpus', width: 4_096, height: 4_096 }, { onFrame: (frame) => this.#look(frame) })];
  }

  /** What is wrong now, as the log was told. */
  get problem(): Problem | undefined {
    return this.#source.camera.problems.outage('main')?.problem;
  }

  /** The longest time without an access unit, after the first one and until now, in milliseconds. */
  get longestStallMs(): number {
    return Math.max(0, ...[...this.published.slice(1).map(({ atMs }) => atMs), performance.now()].map((atMs, index) => atMs - (this.published[index]?.atMs ?? atMs)));
  }

  [Symbol.dispose](): void {
    this.#leases.forEach((lease) => lease[Symbol.dispose]());
  }

  #look({ i420, luma, width, height, timeMs }: Frame): void {
    this.pictures.push({ width, height, counter: readMarks(luma, width, height)?.counter, timeMs, ...readLevels(i420, width, height) });
  }
}
