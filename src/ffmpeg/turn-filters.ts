import { cropBox, type PictureTurn } from '../policy/picture-turn.js';

const rotations = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;
const flips = { none: [], horizontal: ['hflip'], vertical: ['vflip'] } as const;

/** Crops, turns and mirrors a picture of this size. */
export function turnFilters(seen: { readonly width: number; readonly height: number }, { rotate, flip, crop }: PictureTurn): string[] {
  const box = cropBox(crop, seen) ?? { width: seen.width & ~1, height: seen.height & ~1, x: 0, y: 0 };
  const cropped = box.width === seen.width && box.height === seen.height ? [] : [`crop=${box.width}:${box.height}:${box.x}:${box.y}`];
  return [...cropped, ...rotations[rotate], ...flips[flip]];
}
