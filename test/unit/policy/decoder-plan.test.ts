import { expect, test } from '@jest/globals';
import { covers, describePlan, planDecoder, type FrameNeed } from '../../../src/policy/decoder-plan.js';

const source = { width: 1920, height: 1080 };
const motion: FrameNeed = { width: 320, height: 180, maxFps: 5 };
const view: FrameNeed = { width: 1280, height: 720, maxFps: 30 };

test.each<[FrameNeed[], string]>([
  [[motion], '320x180, 5 fps'],
  [[motion, view], '1280x720, 30 fps'],
  [[{ width: 1280, height: 960 }, motion], '1280x720, all pictures'],
  [[{ ...motion, keyframesOnly: true }], '320x180, keyframes only'],
  [[{ ...motion, keyframesOnly: true }, view], '1280x720, 30 fps'],
  [[{ width: 3840, height: 2160 }], '1920x1080, all pictures'],
])('for %j: %s', (needs, expected) => {
  const plan = planDecoder(needs, source);
  expect(plan && describePlan(plan)).toBe(expected);
});

test('nobody needs anything', () => {
  expect(planDecoder([], source)).toBeUndefined();
});

test.each([
  [{}, {}, true],
  [{ width: 640, height: 360 }, {}, true],
  [{}, { width: 640, height: 360 }, false],
  [{ maxFps: 5 }, {}, true],
  [{ maxFps: undefined }, {}, false],
  [{ maxFps: 5 }, { maxFps: undefined }, true],
  [{ mode: 'keyframes' } as const, {}, true],
  [{}, { mode: 'keyframes' } as const, false],
])('what is wanted, changed by %j, of what runs, changed by %j: %s', (wanted, running, expected) => {
  const plan = { width: 1280, height: 720, maxFps: 30, mode: 'full' } as const;
  expect(covers({ ...plan, ...running }, { ...plan, ...wanted })).toBe(expected);
});
