import { expect, test } from '@jest/globals';
import { mark, Regions } from '../../../src/motion/regions.js';
import { below, seededRandom } from '../../support/seeded-random.js';

interface Region {
  readonly area: number;
  readonly moved: number;
}

function found(mask: Uint8Array, width: number, height: number): Region[] {
  const regions = new Regions(width, height);
  return Array.from({ length: regions.find(mask) }, (_, region) => ({ area: regions.area[region] ?? 0, moved: regions.moved[region] ?? 0 })).sort(bySize);
}

/** The same by flooding from each pixel: those at most two apart in both directions belong together. */
function flooded(mask: Uint8Array, width: number, height: number): Region[] {
  const seen = new Set<number>();
  const regions: Region[] = [];
  for (let start = 0; start < mask.length; start++) {
    let [area, moved] = [0, 0];
    const open = mask[start] && !seen.has(start) ? [start] : [];
    seen.add(start);
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      area += 1;
      moved += Number(mask[index] === mark.moved);
      for (let y = Math.max(0, Math.floor(index / width) - 2); y <= Math.min(height - 1, Math.floor(index / width) + 2); y++) {
        for (let x = Math.max(0, (index % width) - 2); x <= Math.min(width - 1, (index % width) + 2); x++) {
          const next = y * width + x;
          if (mask[next] && !seen.has(next)) {
            seen.add(next);
            open.push(next);
          }
        }
      }
    }
    if (area > 0) {
      regions.push({ area, moved });
    }
  }
  return regions.sort(bySize);
}

const bySize = (a: Region, b: Region): number => a.area - b.area || a.moved - b.moved;

test('regions are the same as by flooding, in masks from almost empty to full', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 150; round++) {
    const [width, height] = [3 + below(random, 30), 3 + below(random, 20)];
    const density = random() ** 2;
    const mask = Uint8Array.from({ length: width * height }, () => (random() < density ? (random() < 0.5 ? mark.changed : mark.moved) : mark.quiet));
    expect(found(mask, width, height)).toEqual(flooded(mask, width, height));
  }
  expect(found(new Uint8Array(200).fill(mark.moved), 20, 10)).toEqual([{ area: 200, moved: 200 }]);
});

test('the box is around what moved, not around what only differs; painting leaves gaps as they are', () => {
  const mask = new Uint8Array(100);
  mask.set([mark.changed, mark.changed, mark.quiet, mark.moved], 22);
  mask[35] = mark.moved;
  const regions = new Regions(10, 10);
  expect(regions.find(mask)).toBe(1);
  expect([regions.left[0], regions.right[0], regions.top[0], regions.bottom[0]]).toEqual([2, 6, 2, 4]);
  regions.paint(0, mask, mark.counted);
  expect([...mask.subarray(22, 27), mask[35]]).toEqual([4, 4, 0, 4, 0, 4]);
});
