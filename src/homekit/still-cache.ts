/** JPEGs of the same picture that are kept: Home asks for a few sizes again and again. */
const keptSizes = 4;

/** What is made of a picture: so large at most, in pixels. */
export interface StillRequest {
  readonly width: number;
  readonly height: number;
  /** Written into it. */
  readonly caption?: string | undefined;
}

/** The JPEGs made of the newest picture (keyframe or frame) that was asked for: each size is made once, also for those who ask meanwhile. */
export class StillCache {
  #picture: object | undefined;
  readonly #jpegs = new Map<string, Promise<Buffer>>();

  get(picture: object, { width, height, caption = '' }: StillRequest, render: () => Promise<Buffer>): Promise<Buffer> {
    if (this.#picture !== picture) {
      this.#picture = picture;
      this.#jpegs.clear();
    }
    const key = `${width}x${height} ${caption}`;
    const known = this.#jpegs.get(key);
    if (known) {
      return known;
    }
    const oldest = this.#jpegs.size >= keptSizes ? this.#jpegs.keys().next().value : undefined;
    if (oldest !== undefined) {
      this.#jpegs.delete(oldest);
    }
    const jpeg = render();
    this.#jpegs.set(key, jpeg);
    jpeg.catch(() => {
      if (this.#jpegs.get(key) === jpeg) {
        this.#jpegs.delete(key); // The next who asks tries again.
      }
    });
    return jpeg;
  }
}
