import type { PictureCrop, PictureTurn } from '../policy/picture-turn.js';

const rotations = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;
const flips = { none: [], horizontal: ['hflip'], vertical: ['vflip'] } as const;

/** Crops, turns and mirrors: a picture of this size, or of whatever size the camera sends by then. */
export function turnFilters(seen: { readonly width: number; readonly height: number }, { rotate, flip, crop }: PictureTurn): string[] {
  const whole = Object.values(crop).every((percent) => percent === 0);
  const even = seen.width % 2 === 0 && seen.height % 2 === 0;
  return [...(whole && even ? [] : [cropFilter(crop)]), ...rotations[rotate], ...flips[flip]];
}

/** As `cropBox` has it: all even. */
function cropFilter({ left, right, top, bottom }: PictureCrop): string {
  const across = span('iw', left, right);
  const down = span('ih', top, bottom);
  return `crop=w='${across.length}':h='${down.length}':x='${across.from}':y='${down.from}'`;
}

function span(length: 'iw' | 'ih', percentBefore: number, percentAfter: number): { readonly from: string; readonly length: string } {
  const from = `2*floor(${length}*${percentBefore}/100/2)`;
  const to = `2*floor((${length}-${length}*${percentAfter}/100)/2)`;
  return { from, length: `max(2,${to}-${from})` };
}
