import type { SeenPicture } from './picture-choice.js';
import { turnedSize, type PictureTurn } from './picture-turn.js';
import { fitInto, type RenditionSettings } from './rendition-choice.js';

/** Nothing larger is ever asked for by HomeKit, and nothing larger recorded. */
const largest = { long: 1920, short: 1080 } as const;
const mostFps = 30;

/**
 * At 30 pictures a second, by the number of pixels; the first that is enough. In kbit/s. Large screens ask for 802 and take up to 2.5 times
 * that as a copy (`live-choice`); recordings are asked for with 2000. With more, nearly every view would be encoded a second time.
 */
const bitrates = [
  { pixels: 640 * 360, kbps: 800 },
  { pixels: 854 * 480, kbps: 1_200 },
  { pixels: 1280 * 720, kbps: 1_600 },
  { pixels: Infinity, kbps: 1_800 },
] as const;
/** In a slower stream each picture has more that is new: it gets more than its share, and at least this. */
const leastShare = 0.3;

/**
 * What is made at the ingest of a source that cannot be copied: everybody's source from then on, so that views and recordings copy it.
 * Pure.
 */
export function ingestEncoding(seen: SeenPicture, turn: PictureTurn): RenditionSettings {
  const turned = turnedSize(turn, seen);
  const box = turned.width >= turned.height ? { width: largest.long, height: largest.short } : { width: largest.short, height: largest.long };
  const size = fitInto(turned, box);
  const fps = Math.max(1, Math.min(mostFps, Math.round(seen.fps ?? mostFps)));
  const full = bitrates.find(({ pixels }) => size.width * size.height <= pixels)?.kbps ?? bitrates[0].kbps;
  return { ...size, fps, bitrateKbps: Math.round(full * Math.max(leastShare, Math.sqrt(fps / mostFps))), profile: 'high', level: '4.0' };
}
