import { createHash } from 'node:crypto';
import { loadFootage, type FootageSettings } from '../../test/support/camera/footage.js';
import type { ReceivedUnit } from '../../test/support/controller/access-units.js';

const startCode = Buffer.of(0, 0, 0, 1);

/** Tells which picture of the camera's loop a copied picture is, by its bytes: nothing has to be decoded. */
export class FootageIndex {
  readonly #counters: ReadonlyMap<string, number>;

  /** Of the camera that `stageCamera` starts with these settings, whatever its sound. */
  static async load(ffmpegPath: string, settings: FootageSettings = {}): Promise<FootageIndex> {
    const footage = await loadFootage(settings, ffmpegPath);
    return new FootageIndex(new Map(footage.units.map(({ nalUnits, counter }) => [digest(nalUnits.at(-1) ?? Buffer.alloc(0)), counter])));
  }

  private constructor(counters: ReadonlyMap<string, number>) {
    this.#counters = counters;
  }

  /** The counter of this picture; undefined where it is not one of the camera's own. */
  counterOf({ annexB }: ReceivedUnit): number | undefined {
    const start = annexB.lastIndexOf(startCode);
    return start < 0 ? undefined : this.#counters.get(digest(annexB.subarray(start + startCode.length)));
  }

  /** The same for a picture as MP4 holds it, each NAL unit behind its length in four bytes. */
  counterOfSample(sample: Uint8Array): number | undefined {
    let last = sample;
    const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
    for (let offset = 0; offset + 4 <= sample.length;) {
      const end = offset + 4 + view.getUint32(offset);
      last = sample.subarray(offset + 4, end);
      offset = end;
    }
    return this.#counters.get(digest(last));
  }
}

/** Without zeros at the end: FFmpeg leaves one of the next start code at each NAL unit of HEVC. */
function digest(bytes: Uint8Array): string {
  const length = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return createHash('sha1').update(bytes.subarray(0, length)).digest('base64');
}
