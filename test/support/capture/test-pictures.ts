import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ffmpegPath } from '../house.js';
import type { Picture } from '../picture.js';

/** In pixels: small enough to compare thousands, large enough to tell one from the next. */
export const comparedSize = { width: 80, height: 45 } as const;
const pictureBytes = comparedSize.width * comparedSize.height;

/** A decoded JPEG, with its brightness as that of video (16 to 235), as a grey picture (0 to 255) of `comparedSize`; its own size is a multiple of that. */
export function shrunk({ luma, width, height }: Pick<Picture, 'luma' | 'width' | 'height'>): Buffer {
  const [columns, rows] = [width / comparedSize.width, height / comparedSize.height];
  return Buffer.from(Array.from({ length: pictureBytes }, (_, at) => {
    const [left, top] = [(at % comparedSize.width) * columns, Math.floor(at / comparedSize.width) * rows];
    let sum = 0;
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        sum += luma[(top + row) * width + left + column] ?? 0;
      }
    }
    return Math.min(255, Math.max(0, ((sum / (columns * rows) - 16) * 255) / 219));
  }));
}

/** What a device of `StandIns.withDevices` films, as grey pictures of `comparedSize`, from its first one on. */
export class TestPictures {
  readonly #pixels: Buffer;

  private constructor(pixels: Buffer) {
    this.#pixels = pixels;
  }

  static async make({ width, height, fps, seconds }: { readonly width: number; readonly height: number; readonly fps: number; readonly seconds: number }): Promise<TestPictures> {
    const filmed = `testsrc2=size=${width}x${height}:rate=${fps}:duration=${seconds}`;
    const args = ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', filmed, '-vf', `scale=${comparedSize.width}:${comparedSize.height}:flags=area,format=gray`, '-f', 'rawvideo', 'pipe:1'];
    const { stdout } = await promisify(execFile)(ffmpegPath, args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
    return new TestPictures(stdout);
  }

  /** Which of them a picture is most like, counted from 0, and how far from it a pixel is on average, of 255. */
  nearest(picture: Buffer): { readonly index: number; readonly apart: number } {
    let best = { index: -1, apart: Infinity };
    for (let index = 0; index * pictureBytes < this.#pixels.length; index += 1) {
      const apart = this.#apart(picture, index, best.apart);
      best = apart < best.apart ? { index, apart } : best;
    }
    return best;
  }

  /** Not counted to the end where it is more than `limit` anyway. */
  #apart(picture: Buffer, index: number, limit: number): number {
    let sum = 0;
    for (let at = 0; at < pictureBytes && sum <= limit * pictureBytes; at += 1) {
      sum += Math.abs((picture[at] ?? 0) - (this.#pixels[index * pictureBytes + at] ?? 0));
    }
    return sum / pictureBytes;
  }
}
