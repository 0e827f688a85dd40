import { expect, test } from '@jest/globals';
import { hardwareLimitMs, provenAfterMs, whoFailed, type EncodingEnd } from '../../../src/policy/encoding-trust.js';

const inItsWords = true;

test.each<[string, Partial<EncodingEnd>, ReturnType<typeof whoFailed>]>([
  ['FFmpeg failed before a picture', { problem: 'ffmpeg-failed' }, 'unclear'],
  ['what the camera sends was unreadable', { problem: 'stream-unreadable' }, 'unclear'],
  ['nothing came', { problem: 'camera-silent' }, 'unclear'],
  ['nothing came out, though something came in', { problem: 'camera-no-keyframe' }, 'unclear'],
  ['it ended after some seconds', { problem: 'camera-closed', healthyForMs: 3_000 }, 'unclear'],
  ['it ended after an hour', { problem: 'camera-closed', healthyForMs: 3_600_000 }, 'camera'],
  ['the hardware says so', { problem: 'ffmpeg-failed', inItsWords }, 'hardware'],
  ['the hardware says so after an hour', { problem: 'camera-closed', healthyForMs: 3_600_000, inItsWords }, 'hardware'],
  ['the camera was not there', { problem: 'camera-unreachable' }, 'camera'],
  ['its clock was set', { problem: 'camera-clock-set', healthyForMs: 3_000 }, 'camera'],
])('%s: whose fault that is', (_, end, expected) => {
  expect(whoFailed({ problem: 'camera-closed', healthyForMs: 0, inItsWords: false, ...end })).toBe(expected);
});

test('software has proven something when it has worked for clearly longer', () => {
  expect([0, 1_000, 20_000].map(provenAfterMs)).toEqual([10_000, 10_000, 60_000]);
});

test('hardware is given up sooner only where nothing else can be waited for', () => {
  expect(hardwareLimitMs('mjpeg', true)).toBe(10_000);
  expect(hardwareLimitMs('mjpeg', false)).toBeUndefined(); // A camera that wakes up.
  expect(hardwareLimitMs('h264', true)).toBeUndefined(); // Its next keyframe may be far.
});
