import { expect, test } from '@jest/globals';
import { zoneMask } from '../../../src/motion/zone-mask.js';

const rows = (mask: Uint8Array, width: number): string[] => Array.from({ length: mask.length / width }, (_, row) => [...mask.subarray(row * width, (row + 1) * width)].map((each) => (each ? '#' : '.')).join(''));
const polygon = (kind: 'include' | 'exclude', ...points: readonly (readonly [number, number])[]) => ({ kind, points: points.map(([x, y]) => ({ x, y })) });

const square = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]] as const;

test.each([
  ['without areas everything counts', [], ['####', '####', '####', '####']],
  ['only inside an area to include', [polygon('include', ...square)], ['....', '.##.', '.##.', '....']],
  ['everywhere but in an area to exclude', [polygon('exclude', ...square)], ['####', '#..#', '#..#', '####']],
  ['what is excluded stays so, whatever includes it, in any order', [polygon('exclude', [0, 0], [0.5, 0], [0.5, 1], [0, 1]), polygon('include', ...square)], ['....', '..#.', '..#.', '....']],
  ['two areas to include count both', [polygon('include', [0, 0], [0.25, 0], [0.25, 0.25], [0, 0.25]), polygon('include', [0.75, 0.75], [1, 0.75], [1, 1], [0.75, 1])], ['#...', '....', '....', '...#']],
  ['a triangle', [polygon('include', [0, 0], [1, 1], [0, 1])], ['....', '#...', '##..', '###.']],
  ['the whole picture, to its edges', [polygon('include', [0, 0], [1, 0], [1, 1], [0, 1])], ['####', '####', '####', '####']],
  ['an area without any width', [polygon('include', [0.5, 0], [0.5, 1], [0.5, 0.5])], ['....', '....', '....', '....']],
])('%s', (_, zones, expected) => {
  expect(rows(zoneMask(zones, 4, 4), 4)).toEqual(expected);
});

test('corners either way around, and areas that bend inwards', () => {
  const horseshoe = [[0, 0], [1, 0], [1, 1], [0.75, 1], [0.75, 0.25], [0.25, 0.25], [0.25, 1], [0, 1]] as const;
  const expected = ['########', '########', '##....##', '##....##', '##....##', '##....##', '##....##', '##....##'];
  expect(rows(zoneMask([polygon('include', ...horseshoe)], 8, 8), 8)).toEqual(expected);
  expect(rows(zoneMask([polygon('include', ...horseshoe.toReversed())], 8, 8), 8)).toEqual(expected);
});
