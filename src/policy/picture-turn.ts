/** How a camera's picture is to be changed before anybody sees it: cropped, then turned, then mirrored. Pure. */
export interface PictureTurn {
  /** Clockwise, in degrees. */
  readonly rotate: 0 | 90 | 180 | 270;
  readonly flip: 'none' | 'horizontal' | 'vertical';
  /** What is left out at each side of the picture as the camera sends it, in percent of its width or height. */
  readonly crop: PictureCrop;
}

export interface PictureCrop {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const unturned: PictureTurn = { rotate: 0, flip: 'none', crop: { left: 0, right: 0, top: 0, bottom: 0 } };

interface Size {
  readonly width: number;
  readonly height: number;
}

/** In pixels of the picture as the camera sends it; all even. */
export interface CropBox extends Size {
  readonly x: number;
  readonly y: number;
}

export function isTurned({ rotate, flip, crop }: PictureTurn): boolean {
  return rotate !== 0 || flip !== 'none' || Object.values(crop).some((percent) => percent > 0);
}

/** What is left of a picture of this size; undefined where all is. */
export function cropBox(crop: PictureCrop, { width, height }: Size): CropBox | undefined {
  if (Object.values(crop).every((percent) => percent === 0)) {
    return undefined;
  }
  const across = span(crop.left, crop.right, width);
  const down = span(crop.top, crop.bottom, height);
  return { x: across.from, width: across.length, y: down.from, height: down.length };
}

/** The size of a picture of this size once it is cropped and turned; even. */
export function turnedSize(turn: PictureTurn, source: Size): Size {
  const { width, height } = cropBox(turn.crop, source) ?? source;
  const even = { width: Math.max(2, width & ~1), height: Math.max(2, height & ~1) };
  return turn.rotate === 90 || turn.rotate === 270 ? { width: even.height, height: even.width } : even;
}

function span(percentBefore: number, percentAfter: number, length: number): { readonly from: number; readonly length: number } {
  const from = evenBelow((length * percentBefore) / 100);
  const to = evenBelow(length - (length * percentAfter) / 100);
  return { from, length: Math.max(2, to - from) };
}

function evenBelow(pixels: number): number {
  return Math.floor(pixels / 2) * 2;
}
