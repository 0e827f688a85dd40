import { expect, test } from '@jest/globals';
import { chooseMotionSource, type AnalysisPace, type MotionStream } from '../../../src/policy/motion-source.js';

const main: MotionStream = { name: 'main', failing: false, keyframeIntervalMs: 4_000, gopMs: 500 };
const often: MotionStream = { ...main, keyframeIntervalMs: 2_040 };
const unknown: MotionStream = { ...main, keyframeIntervalMs: undefined, gopMs: 0 };
const sub: MotionStream = { name: 'sub', failing: false, keyframeIntervalMs: 1_000, gopMs: 100 };

test.each<[string, MotionStream[], AnalysisPace, string, number | undefined, boolean]>([
  ['the sub stream, whatever the main stream does', [main, sub], 'full', 'sub', 5, false],
  ['without one, keyframes that come every 2 s', [often], 'full', 'main', undefined, false],
  ['keyframes also while it is not known how often they come', [unknown], 'full', 'main', undefined, false],
  ['all pictures where keyframes are rarer, with advice', [main], 'full', 'main', 5, true],
  ['all pictures as soon as the second keyframe is overdue', [{ ...unknown, gopMs: 2_500 }], 'full', 'main', 5, true],
  ['the main stream while the sub stream is away, and no advice to get one', [main, { ...sub, failing: true }], 'full', 'main', 5, false],
  ['fewer pictures on a machine that cannot keep up', [main, sub], 'half', 'sub', 2, false],
  ['then keyframes only, also of the sub stream', [main, sub], 'keyframes', 'sub', undefined, false],
  ['then keyframes only, however rare', [main], 'keyframes', 'main', undefined, false],
])('%s', (_, streams, pace, stream, fps, advice) => {
  const source = chooseMotionSource(streams, pace);
  expect(source).toMatchObject({ stream, fps, because: expect.stringMatching(/\S/) });
  expect(source.advice !== undefined).toBe(advice);
});

test('the reason and the advice are plain words', () => {
  expect(chooseMotionSource([main], 'full')).toEqual({
    stream: 'main',
    fps: 5,
    because: 'there is no sub stream, and keyframes are 4 s apart',
    advice:
      'to see motion, all pictures of the main stream have to be decoded, as its keyframes are 4 s apart. Give the camera its second, smaller stream ("substream"), or set a keyframe interval of 2 s in the camera, and that costs a tenth',
  });
});
