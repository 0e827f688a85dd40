import type { CaptureMode } from '../../policy/device-mode.js';

/** Some devices name limits instead of what they offer: what is usual within them. */

const sizes = [
  { width: 1920, height: 1080 },
  { width: 1280, height: 720 },
  { width: 1024, height: 576 },
  { width: 800, height: 600 },
  { width: 640, height: 480 },
  { width: 640, height: 360 },
  { width: 320, height: 240 },
] as const;

const rates = [60, 50, 30, 25, 20, 15, 10, 5] as const;

type Size = Pick<CaptureMode, 'width' | 'height'>;

/** In pixels, both ends included. */
export interface SizeRange {
  readonly least: Size;
  readonly most: Size;
}

/** The only size there is, else the usual ones; the largest where none of these is within. */
export function sizesWithin({ least, most }: SizeRange): readonly Size[] {
  if (least.width === most.width && least.height === most.height) {
    return [most];
  }
  const within = sizes.filter(({ width, height }) => width >= least.width && width <= most.width && height >= least.height && height <= most.height);
  return within.length > 0 ? within : [most];
}

/** Pictures a second: the highest, and the usual ones below. */
export function ratesWithin(least: number, most: number): readonly number[] {
  return [...new Set([most, ...rates.filter((rate) => rate >= least && rate < most)])];
}

/** The same format and size once, with all the rates that were named for it. */
export function mergeModes(modes: readonly CaptureMode[]): CaptureMode[] {
  const merged = new Map<string, CaptureMode>();
  for (const mode of modes) {
    const key = `${mode.format} ${mode.width}x${mode.height}`;
    const fps = new Set([...(merged.get(key)?.fps ?? []), ...mode.fps]);
    merged.set(key, { ...mode, fps: [...fps].toSorted((a, b) => b - a) });
  }
  return [...merged.values()];
}
