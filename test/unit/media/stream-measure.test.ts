import { expect, test } from '@jest/globals';
import type { AccessUnit } from '../../../src/media/access-unit.js';
import { joinNals } from '../../../src/media/nal.js';
import { measureUnits } from '../../../src/media/stream-measure.js';

const format: AccessUnit['format'] = { codec: 'h264', parameterSets: [], width: 640, height: 360, profile: 'Main', level: '3.1', reorders: false, fullRange: false };

/** GOPs of 2 s at 25 fps; from picture `pauseAt` on everything is `pauseMs` later. */
function gops(count: number, pauseAt = Infinity, pauseMs = 0): AccessUnit[][] {
  return Array.from({ length: count }, (_, gop) =>
    Array.from({ length: 50 }, (_each, picture) => {
      const index = gop * 50 + picture;
      const timeMs = index * 40 + (index >= pauseAt ? pauseMs : 0);
      return { format, data: new Uint8Array(1000), keyframe: picture === 0, timeMs, decodeTimeMs: timeMs };
    }),
  );
}

test('B-frames are seen where all pictures seem to be shown when they are decoded', () => {
  const bSlice = joinNals([Uint8Array.of(0x41, 0xa0, 0xff)]);
  const measured = (reorders: boolean | undefined) => measureUnits(gops(2).map((units) => units.map((unit) => ({ ...unit, format: { ...format, reorders }, data: unit.keyframe ? unit.data : bSlice }))));
  expect(measured(undefined)?.bFrames).toBe(true);
  expect(measured(false)?.bFrames).toBe(false); // The stream excludes that they change the order.
});

test.each([
  ['none', Infinity, 0],
  ['a pause in the middle of a GOP', 70, 4_000],
  ['a pause before a keyframe', 100, 4_000],
])('keyframes, rate and bitrate are those of the camera: %s', (_name, pauseAt, pauseMs) => {
  const measure = measureUnits(gops(4, pauseAt, pauseMs));
  expect(measure?.keyframeIntervalMs).toBeGreaterThanOrEqual(1_960);
  expect(measure?.keyframeIntervalMs).toBeLessThanOrEqual(2_000);
  expect(measure?.fps).toBeGreaterThan(24.9);
  expect(measure?.fps).toBeLessThan(25.3);
  expect(measure?.bitrateKbps).toBeGreaterThan(195);
  expect(measure?.bitrateKbps).toBeLessThan(205);
});

test('one GOP says nothing of the distance of keyframes, few pictures nothing at all', () => {
  expect(measureUnits(gops(1))?.keyframeIntervalMs).toBeUndefined();
  expect(measureUnits([gops(1)[0]?.slice(0, 4) ?? []])).toBeUndefined();
});
