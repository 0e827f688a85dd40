import type { ConvertedView } from './plain-ffmpeg.js';

/** What a household asks of one camera of 1920x1080 at the same time: two views, two tiles with a still picture, and motion. */
export const household = {
  views: {
    /** An iPhone's: can be sent as the camera sends it. */
    copied: { width: 1280, height: 720, fps: 30, bitrateKbps: 299 },
    /** A small one: cannot. */
    converted: { width: 640, height: 360, fps: 30, bitrateKbps: 150 },
  },
  /** Each is renewed so often, one half of that after the other. */
  tiles: { width: 640, height: 360, count: 2, everyMs: 10_000 },
  motion: { width: 320, height: 180, fps: 5 },
} as const satisfies { readonly views: Readonly<Record<string, ConvertedView>>; readonly tiles: unknown; readonly motion: unknown };

/** How far it is from one still picture to the next, whichever tile it is for. */
export const stillEveryMs = household.tiles.everyMs / household.tiles.count;

/** What the household has got so far: packets of each view, and still pictures. */
export type HouseholdCounts = Readonly<Record<keyof typeof household.views | 'stills', number>>;
