import { expect, test } from '@jest/globals';
import type { LiveRequest } from '../../../src/policy/live-request.js';
import { chooseRendition, fitInto, renditionKey, requestAfterLoss } from '../../../src/policy/rendition-choice.js';

const request: LiveRequest = { width: 1280, height: 720, fps: 30, bitrateKbps: 299, profile: 'high', level: '3.1', remote: false };
const source = { width: 1920, height: 1080 };

test.each([
  [{}, {}, '1280x720, 30 fps, 290 kbit/s, high 3.1'],
  [{ bitrateKbps: 802 }, {}, '1280x720, 30 fps, 800 kbit/s, high 3.1'],
  [{ bitrateKbps: 68 }, {}, '1280x720, 30 fps, 68 kbit/s, high 3.1'],
  [{ bitrateKbps: 2_345 }, {}, '1280x720, 30 fps, 2300 kbit/s, high 3.1'],
  [{ width: 320, height: 240, fps: 15 }, {}, '320x180, 15 fps, 290 kbit/s, high 3.1'],
  [{ width: 1920, height: 1080 }, {}, '1920x1080, 30 fps, 290 kbit/s, high 4.0'],
  [{}, { maxWidth: 640 }, '640x360, 30 fps, 290 kbit/s, high 3.1'],
  [{}, { maxHeight: 360, maxFps: 10, maxBitrate: 100 }, '640x360, 10 fps, 100 kbit/s, high 3.1'],
  [{ profile: 'baseline', level: '4.0' } as const, {}, '1280x720, 30 fps, 290 kbit/s, baseline 4.0'],
])('%j with the limits %j is %s', (change, limits, expected) => {
  expect(renditionKey(chooseRendition({ ...request, ...change }, source, limits))).toBe(expected);
});

test.each([
  [{ width: 1920, height: 1080 }, { width: 640, height: 480 }, { width: 640, height: 360 }],
  [{ width: 640, height: 360 }, { width: 1920, height: 1080 }, { width: 640, height: 360 }],
  [{ width: 2560, height: 1440 }, { width: 480, height: 270 }, { width: 480, height: 270 }],
  [{ width: 1080, height: 1920 }, { width: 1280, height: 720 }, { width: 406, height: 720 }],
  [{ width: 641, height: 361 }, { width: 1280, height: 720 }, { width: 642, height: 362 }],
])('%j fits into %j as %j', (from, box, expected) => {
  expect(fitInto(from, box)).toEqual(expected);
});

test('loss takes the view down step by step, and ends at the bottom', () => {
  const steps = [requestAfterLoss(request, { height: 1080, bitrateKbps: 4_000 })];
  for (let left = 8; left > 0; left--) {
    const last = steps.at(-1) ?? request;
    steps.push(requestAfterLoss(last, { height: last.height, bitrateKbps: last.bitrateKbps }));
  }
  expect(steps.map(({ height, bitrateKbps }) => `${height} ${bitrateKbps}`)).toEqual(['480 299', '360 179', '270 107', '180 80', '180 80', '180 80', '180 80', '180 80', '180 80']);
  expect(steps[0]?.copyUpToKbps).toBe(2_400);
});
