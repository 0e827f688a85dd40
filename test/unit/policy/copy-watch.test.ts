import { expect, test } from '@jest/globals';
import type { AccessUnit, VideoFormat } from '../../../src/media/access-unit.js';
import { CopyWatch } from '../../../src/policy/copy-watch.js';

const format: VideoFormat = { codec: 'h264', parameterSets: [], width: 640, height: 360, profile: 'High', level: '3.0', reorders: undefined, fullRange: false };
const unit = (timeMs: number, change: Partial<AccessUnit> = {}): AccessUnit => ({ format, data: new Uint8Array(), keyframe: false, timeMs, decodeTimeMs: timeMs, ...change });

test('each news is told once: the format, the rate once it is known, pictures out of order', () => {
  const watch = new CopyWatch();
  const other = { ...format, width: 1280 };
  const seen: [AccessUnit, boolean][] = [
    [unit(0, { keyframe: true }), false],
    [unit(33), false],
    [unit(66, { keyframe: true }), true],
    [unit(99, { keyframe: true }), true],
    [unit(166), true],
    [unit(133), true],
    [unit(150), true],
    [unit(200, { keyframe: true, format: other }), true],
    [unit(233, { format: other }), true],
  ];
  expect(seen.map(([each, measured]) => watch.learns(each, { measured: () => measured, bFrame: () => false }))).toEqual([true, false, true, false, false, true, false, true, false]);
  expect(watch.reordered).toBe(true);
});

test('a B-frame is news too, though its time does not tell', () => {
  const watch = new CopyWatch();
  const seen: [AccessUnit, boolean][] = [
    [unit(0, { keyframe: true }), false],
    [unit(33), false],
    [unit(66), true],
    [unit(99), true],
  ];
  expect(seen.map(([each, bFrame]) => watch.learns(each, { measured: () => false, bFrame: () => bFrame }))).toEqual([true, false, true, false]);
  expect(watch.reordered).toBe(true);
});

test('whether a stream has come over a limit is looked at every ten seconds, at keyframes', () => {
  const watch = new CopyWatch();
  const due = [0, 2_000, 9_999, 10_000, 12_000, 20_001].map((timeMs) => watch.isDue(unit(timeMs, { keyframe: true })));
  expect(due).toEqual([true, false, false, true, false, true]);
  expect(watch.isDue(unit(40_000))).toBe(false);
});
