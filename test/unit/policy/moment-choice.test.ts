import { expect, test } from '@jest/globals';
import { chooseMoment } from '../../../src/policy/moment-choice.js';

const main = { name: 'main', width: 1920, height: 1080, pictures: 60 };
const sub = { name: 'sub', width: 640, height: 360, pictures: 60 };
const uhd = { name: 'uhd', width: 3840, height: 2160, pictures: 200 };
const endless = { ...sub, name: 'endless', pictures: 2_000 };

test.each([
  ['the smallest that is wide enough', [main, sub], 640, 'sub', true],
  ['the larger one where the smaller is not', [main, sub], 1280, 'main', true],
  ['the widest where none is', [sub, main], 4000, 'main', true],
  ['a small one where the large one takes too long to decode', [uhd, sub], 1280, 'sub', true],
  ['the keyframe of the best where all take too long', [uhd, endless], 1280, 'uhd', false],
])('%s', (_, moments, width, name, whole) => expect(chooseMoment(moments, width)).toEqual({ moment: expect.objectContaining({ name }), whole }));

test('none where nothing was seen', () => {
  expect(chooseMoment([], 640)).toBeUndefined();
});
