import { expect, test } from '@jest/globals';
import { fitJpeg } from '../../../src/policy/jpeg-fit.js';

const tile = { width: 640, height: 360 };

test.each<[string, number, number, number, boolean]>([
  ['one of the asked size', 640, 360, 100_000, true],
  ['a smaller one, however large its file', 640, 360, 3_000_000, true],
  ['one that is twice as wide and small', 1280, 720, 300_000, true],
  ['one that is twice as wide and not small', 1280, 720, 300_001, false],
  ['one of another shape', 640, 480, 100_000, true],
  ['one that is more than twice as high', 640, 722, 100_000, false],
  ['one that is more than twice as wide', 1920, 1080, 100_000, false],
])('%s: %ix%i, %i bytes', (_name, width, height, bytes, copied) => {
  expect(fitJpeg({ width, height, bytes }, tile).copied).toBe(copied);
});
