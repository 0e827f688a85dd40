import { expect, test } from '@jest/globals';
import { chooseMotionSource, type AnalysisPace, type MotionStream } from '../../../src/policy/motion-source.js';

const main: MotionStream = { name: 'main', live: true, bFrames: false, keyframeIntervalMs: 4_000, gopMs: 500 };
const often: MotionStream = { ...main, keyframeIntervalMs: 2_040 };
const unknown: MotionStream = { ...main, keyframeIntervalMs: undefined, gopMs: 0 };
const sub: MotionStream = { name: 'sub', live: true, bFrames: false, keyframeIntervalMs: 1_000, gopMs: 100 };

test.each<[string, MotionStream[], AnalysisPace, string, number | undefined, boolean]>([
  ['the sub stream, whatever the main stream does', [main, sub], 'full', 'sub', 5, false],
  ['without one, keyframes that come every 2 s', [often], 'full', 'main', undefined, false],
  ['keyframes also while it is not known how often they come', [unknown], 'full', 'main', undefined, false],
  ['all pictures where keyframes are rarer, with advice', [main], 'full', 'main', 5, true],
  ['all pictures as soon as the second keyframe is overdue', [{ ...unknown, gopMs: 2_500 }], 'full', 'main', 5, true],
  ['all pictures where B-frames would make keyframes come late', [{ ...often, bFrames: true }], 'full', 'main', 5, true],
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
    because: 'there is no sub stream, and its keyframes are 4 s apart',
    advice:
      'to see motion, all pictures of the main stream have to be decoded, as its keyframes are 4 s apart. Give the camera its second, smaller stream ("substream"), or set a keyframe interval of 2 s in the camera, and that costs a tenth',
  });
});

test.each<[string, boolean, number, string]>([
  ['a sub stream that was away for a moment is waited for', true, 15_000, 'sub'],
  ['longer, and the main stream is looked at, which is there', true, 25_000, 'main'],
  ['a camera that restarts has neither: nothing changes', false, 60_000, 'sub'],
  ['a main stream that has to be connected for it is the last resort', false, 130_000, 'main'],
])('%s', (_, live, subAwayMs, stream) => {
  const source = chooseMotionSource([{ ...main, live }, { ...sub, live: false }], 'full', undefined, subAwayMs);
  expect(source.stream).toBe(stream);
  expect(source.advice).toBeUndefined(); // There is one.
});

test('keyframes that come a little later now and then do not change what is looked at', () => {
  const keyframes = chooseMotionSource([often], 'full');
  const varying = { ...main, keyframeIntervalMs: 2_500 };
  expect(chooseMotionSource([varying], 'full', keyframes).fps).toBeUndefined();
  expect(chooseMotionSource([varying], 'full', chooseMotionSource([main], 'full')).fps).toBe(5);
});
