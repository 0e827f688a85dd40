import { beforeAll, expect, test } from '@jest/globals';
import { ffmpegPath } from '../support/house.js';
import { foundTable, type FoundMotion } from '../support/motion/found-motion.js';
import { lookAtScenes } from '../support/motion/look-at-scenes.js';

/** Scenes, and how much of them. */
const scenes: readonly (readonly [string, number?])[] = [
  ['walker near (45 % of the height)'],
  ['walker far (6 %)'],
  ['walker at night'],
  ['a parked car leaves that was there from the start', 60],
  ['nothing, by day', 45],
  ["a sensor's noise at night", 45],
  ['a porch light', 45],
  ['the camera adjusts its exposure', 45],
  ['snow', 40],
  ['the time written into the picture', 60],
];
const far = 'walker far (6 %)';

let found: readonly FoundMotion[];
let inKeyframes: readonly FoundMotion[];

beforeAll(async () => {
  const looks = [{ sensitivity: 50, pictures: 'all' }, { sensitivity: 50, pictures: 'keyframes' }] as const;
  const results = await lookAtScenes(scenes.map(([scene, seconds]) => ({ scene, looks, as: { ffmpegPath }, ...(seconds !== undefined && { seconds }) })));
  found = results.flatMap((each) => each.slice(0, 1));
  inKeyframes = results.flatMap((each) => each.slice(1));
  process.stdout.write(`${foundTable('H.264 640x360 at 500 kbit/s, decoded to 320x180, 5 pictures/s', found)}\n\n${foundTable('The same, its keyframes every 2 s alone', inKeyframes)}\n`);
}, 120_000);

test('through H.264 everybody and every car is found, near and far, by day and at night', () => {
  expect(found.filter(({ episodes, found: inTime }) => inTime < episodes)).toEqual([]);
  expect(found.reduce((sum, { episodes }) => sum + episodes, 0)).toBe(6);
});

test('what compression does to pictures, and its pulse at keyframes, raises no alarm', () => {
  expect(found.filter(({ falseAlarms }) => falseAlarms > 0)).toEqual([]);
});

test('keyframes alone are enough for all but what is small, and raise no alarm either', () => {
  expect(inKeyframes.filter(({ scene, episodes, found: inTime }) => inTime < episodes && scene !== far)).toEqual([]);
  expect(inKeyframes.filter(({ falseAlarms }) => falseAlarms > 0)).toEqual([]);
});
