/** Decoded pictures: I420 in limited range, the luma plane first, without padding. */

/** Bytes of a picture: chroma has half the columns and half the rows, rounded up. */
export function i420Bytes(width: number, height: number): number {
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}

/** A decoded picture that others may hold too: it stays as it is until everyone has given it back by disposing it. */
export interface Picture extends Disposable {
  readonly width: number;
  readonly height: number;
  /** On this process's monotonic clock. */
  readonly timeMs: number;
  /** The whole picture; a view, not a copy. */
  readonly i420: Uint8Array;
  /** The same picture once more, to be given back on its own. */
  retain(): Picture;
}

/** A picture in memory of its own, which lasts as long as anybody has it. */
export function pictureOf(picture: Pick<Picture, 'width' | 'height' | 'timeMs' | 'i420'>): Picture {
  const owned: Picture = { ...picture, retain: () => owned, [Symbol.dispose]: () => undefined };
  return owned;
}
