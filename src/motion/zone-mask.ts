import type { MotionZone } from '../config/motion-options.js';

type Corner = MotionZone['points'][number];

/**
 * Where motion counts: 1 for each pixel that is looked at, else 0. Inside the areas to include, or everywhere where there are none;
 * never inside those to exclude. A pixel belongs to an area when its centre lies inside (even-odd rule).
 */
export function zoneMask(zones: readonly MotionZone[], width: number, height: number): Uint8Array {
  const included = zones.filter(({ kind }) => kind === 'include');
  const mask = new Uint8Array(width * height).fill(included.length === 0 ? 1 : 0);
  for (const { points } of included) {
    fillPolygon(mask, width, height, points, 1);
  }
  for (const { points } of zones.filter(({ kind }) => kind === 'exclude')) {
    fillPolygon(mask, width, height, points, 0);
  }
  return mask;
}

function fillPolygon(mask: Uint8Array, width: number, height: number, corners: readonly Corner[], value: number): void {
  for (let row = 0; row < height; row++) {
    const crossed = crossings(corners, (row + 0.5) / height);
    for (let pair = 0; pair + 1 < crossed.length; pair += 2) {
      mask.fill(value, row * width + firstColumn(crossed[pair], width), row * width + firstColumn(crossed[pair + 1], width));
    }
  }
}

/** Where the outline crosses this height, from left to right. */
function crossings(corners: readonly Corner[], y: number): number[] {
  return corners
    .flatMap((from, index) => {
      const to = corners[(index + 1) % corners.length] ?? from;
      return from.y <= y === to.y <= y ? [] : [from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)];
    })
    .sort((a, b) => a - b);
}

/** The first column whose centre lies at or to the right of this place. */
function firstColumn(x = 0, width: number): number {
  return Math.min(width, Math.max(0, Math.ceil(x * width - 0.5)));
}
