import { expect, test } from '@jest/globals';
import { refusal, statusOf } from '../../../src/pipeline/rtsp/refusal.js';
import { Problem } from '../../../src/problems.js';

test.each<[Problem, string]>([
  [refusal(453), '453'],
  [refusal(401), '401'],
  [refusal(499), '499'],
  [new Problem('talkback-unreachable', 'connection refused'), ''],
  [new Problem('talkback-failed', '[tcp @ 0x5581] 4530 bytes'), ''],
  [new Problem('talkback-failed'), ''],
])('%s', (problem, status) => {
  expect(statusOf(problem)).toBe(status);
});
