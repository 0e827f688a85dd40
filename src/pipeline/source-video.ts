import type { VideoFormat } from '../media/access-unit.js';

/** Of the samples, as far as hardware must be told. */
export function bitDepthOf({ profile }: Pick<VideoFormat, 'profile'>): 8 | 10 {
  return profile === 'Main 10' || profile === 'High 10' ? 10 : 8;
}
