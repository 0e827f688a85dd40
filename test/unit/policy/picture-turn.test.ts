import { expect, test } from '@jest/globals';
import { cropBox, isTurned, turnedSize, unturned, type PictureTurn } from '../../../src/policy/picture-turn.js';

const none = unturned.crop;

test.each<[string, Partial<PictureTurn>, { width: number; height: number }, { width: number; height: number }]>([
  ['nothing', {}, { width: 1920, height: 1080 }, { width: 1920, height: 1080 }],
  ['a quarter turn swaps the sides', { rotate: 90 }, { width: 1920, height: 1080 }, { width: 1080, height: 1920 }],
  ['half a turn does not', { rotate: 180 }, { width: 1920, height: 1080 }, { width: 1920, height: 1080 }],
  ['cropped, then turned', { rotate: 270, crop: { ...none, left: 25, right: 25 } }, { width: 1920, height: 1080 }, { width: 1080, height: 960 }],
  ['odd sizes become even', {}, { width: 641, height: 361 }, { width: 640, height: 360 }],
  ['odd sizes, turned', { rotate: 90 }, { width: 641, height: 361 }, { width: 360, height: 640 }],
])('the size of what is left: %s', (_, turn, source, expected) => {
  expect(turnedSize({ ...unturned, ...turn }, source)).toEqual(expected);
});

test.each([
  [{ ...none, left: 10, top: 20 }, { x: 128, y: 144, width: 1152, height: 576 }],
  [{ ...none, right: 33.3 }, { x: 0, y: 0, width: 852, height: 720 }],
  [{ left: 45, right: 45, top: 45, bottom: 45 }, { x: 576, y: 324, width: 128, height: 72 }],
])('what is cut off, in even pixels: %j', (crop, box) => {
  expect(cropBox(crop, { width: 1280, height: 720 })).toEqual(box);
});

test('nothing is cut off, and nothing is turned, unless it is asked for', () => {
  expect(cropBox(none, { width: 1280, height: 720 })).toBeUndefined();
  expect(isTurned(unturned)).toBe(false);
  expect([{ rotate: 180 as const }, { flip: 'vertical' as const }, { crop: { ...none, bottom: 1 } }].map((turn) => isTurned({ ...unturned, ...turn }))).toEqual([true, true, true]);
});
