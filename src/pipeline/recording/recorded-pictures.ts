import type { AccessUnit } from '../../media/access-unit.js';
import type { Problem } from '../../problems.js';
import type { PacketReader } from '../packet-reader.js';

/** Where a recording takes its pictures from: access units of one format, beginning with a keyframe. */
export interface RecordedPictures extends AsyncDisposable {
  /** The next picture, or undefined where there is none yet, or none any more. */
  next(): AccessUnit | undefined;
  /** Why no more will come, once the last one has been given out. */
  readonly over: { readonly because: string; readonly problem?: Problem | undefined } | undefined;
}

/** The camera's own packets, as they lie in the ring. */
export class CopiedPictures implements RecordedPictures {
  readonly #reader: PacketReader;
  readonly #first: AccessUnit;
  #given = false;
  #changed = false;

  /** @param first what the reader gave last. */
  constructor(reader: PacketReader, first: AccessUnit) {
    this.#reader = reader;
    this.#first = first;
  }

  get over(): RecordedPictures['over'] {
    if (this.#changed) {
      return { because: 'the camera changed its picture' };
    }
    return this.#reader.connectionOver ? { because: 'the connection to the camera was lost' } : undefined;
  }

  next(): AccessUnit | undefined {
    if (!this.#given) {
      this.#given = true;
      return this.#first;
    }
    const unit = this.over ? undefined : this.#reader.next();
    this.#changed ||= unit !== undefined && unit.format !== this.#first.format;
    return this.#changed ? undefined : unit;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
