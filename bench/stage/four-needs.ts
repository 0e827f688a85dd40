import type { RenditionSettings } from '../../src/policy/rendition-choice.js';

/** What is asked of one camera at the same time: two live views that cannot be copied, pictures for motion, and a snapshot a second. */
export const fourNeeds = {
  /** An iPhone's view, and a small one. */
  renditions: {
    '720p': { width: 1280, height: 720, fps: 30, bitrateKbps: 290, profile: 'high', level: '3.1' },
    '360p': { width: 640, height: 360, fps: 30, bitrateKbps: 150, profile: 'high', level: '3.1' },
  },
  motion: { width: 320, height: 180, fps: 5 },
  snapshot: { width: 1280, height: 720, everyMs: 1_000 },
} as const satisfies { readonly renditions: Readonly<Record<string, RenditionSettings>>; readonly motion: unknown; readonly snapshot: unknown };

export type RenditionName = keyof typeof fourNeeds.renditions;
export const renditionNames = Object.keys(fourNeeds.renditions) as readonly RenditionName[];
