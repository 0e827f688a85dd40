import type { JpegPicture } from '../../media/jpeg-picture.js';

export interface HeldJpeg extends JpegPicture {
  /** As good as a picture of now for so long after its time, in milliseconds. */
  readonly goodForMs: number;
}

/** The newest JPEG as a camera sent it, for whoever wants a picture without FFmpeg. */
export class NewestJpeg {
  #held: HeldJpeg | undefined;

  /** Undefined where the camera sends none, or is not connected. */
  get held(): HeldJpeg | undefined {
    return this.#held;
  }

  put(picture: HeldJpeg): void {
    this.#held = picture;
  }

  clear(): void {
    this.#held = undefined;
  }
}
