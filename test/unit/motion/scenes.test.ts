import { beforeAll, expect, test } from '@jest/globals';
import { foundTable, type FoundMotion } from '../../support/motion/found-motion.js';
import { lookAtScenes } from '../../support/motion/look-at-scenes.js';
import { movingScenes, quietScenes } from '../../support/motion/scenes.js';

/** As cameras are asked for them; the long time without motion is looked at in smaller pictures, which takes half as long. */
const size = { width: 320, height: 180 };
const smallSize = { width: 240, height: 135 };

const far = 'walker far (6 %)';
const near = 'walker near (45 % of the height)';

const usual = [{ sensitivity: 50, pictures: 'all' }, { sensitivity: 50, pictures: 'keyframes' }] as const;
const sensitivities = [5, 30, 95];

let found: readonly FoundMotion[];
let inKeyframes: readonly FoundMotion[];
let bySensitivity: Readonly<Record<typeof near | typeof far, readonly FoundMotion[]>>;

beforeAll(async () => {
  const looks = sensitivities.map((sensitivity) => ({ sensitivity, pictures: 'all' as const }));
  const [nearBySensitivity = [], farBySensitivity = [], ...others] = await lookAtScenes([
    { scene: near, looks, as: size },
    { scene: far, looks, as: size },
    ...movingScenes.map(({ name: scene }) => ({ scene, looks: usual, as: size })),
    ...quietScenes.map(({ name: scene }) => ({ scene, looks: usual, as: smallSize })),
  ]);
  bySensitivity = { [near]: nearBySensitivity, [far]: farBySensitivity };
  found = others.flatMap((each) => each.slice(0, 1));
  inKeyframes = others.flatMap((each) => each.slice(1));
  process.stdout.write(`${foundTable('Drawn scenes, 5 pictures/s', found)}\n\n${foundTable('Drawn scenes, a keyframe every 2 s', inKeyframes)}\n`);
}, 120_000);

test('every walker, runner and car is found in time, by day, at night, in rain and snow', () => {
  expect(found.length).toBe(movingScenes.length + quietScenes.length);
  expect(found.filter(({ episodes, found: inTime }) => inTime < episodes)).toEqual([]);
});

test('weather, light, noise, trees, the time in the picture and the camera itself raise no alarm in two minutes each', () => {
  expect(found.filter(({ falseAlarms }) => falseAlarms > 0)).toEqual([]);
  expect(quietScenes.every(({ seconds }) => seconds >= 120)).toBe(true);
});

test('in keyframes alone all but what is small is found; only pouring rain raises an alarm at times', () => {
  expect(inKeyframes.filter(({ scene, episodes, found: inTime }) => inTime < episodes && scene !== far)).toEqual([]);
  expect(inKeyframes.filter(({ scene, falseAlarms }) => falseAlarms > (scene === 'rain' ? 3 : 0))).toEqual([]);
});

test('the more sensitive, the more is found: at 50 and 95 who is far away too, at 5 only who is near', () => {
  const counts = (scene: typeof near | typeof far): number[] => bySensitivity[scene].map(({ found: inTime }) => inTime);
  expect(counts(near)).toEqual([2, 2, 2]);
  const [at5, at30, at95] = counts(far);
  expect([at5, at95]).toEqual([0, 1]);
  expect(at30).toBeLessThanOrEqual(1);
  expect(bySensitivity[near].concat(bySensitivity[far]).filter(({ falseAlarms }) => falseAlarms > 0)).toEqual([]);
});
