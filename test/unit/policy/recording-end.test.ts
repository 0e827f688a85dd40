import { expect, test } from '@jest/globals';
import { whyEndRecording, type RunningRecording } from '../../../src/policy/recording-end.js';

const mib = 1024 * 1024;
const well: RunningRecording = { lengthMs: 20_000, sentBytes: 10 * mib, unreadBytes: 0, unreadMs: 0, silentMs: 100, converted: false, gopMs: 2_000 };

test.each<Partial<RunningRecording>>([
  {},
  { lengthMs: 3_600_000, sentBytes: 2_000 * mib },
  { unreadBytes: 16 * mib, unreadMs: 60_000 },
  { unreadBytes: 30 * mib, unreadMs: 2_900 },
  { unreadBytes: undefined, lengthMs: 179_000, sentBytes: 63 * mib },
  { silentMs: 3_900 },
  { gopMs: 5_900 },
])('goes on with %j', (facts) => {
  expect(whyEndRecording({ ...well, ...facts })).toBeUndefined();
});

test.each<[Partial<RunningRecording>, string, RegExp]>([
  [{ unreadBytes: 17 * mib, unreadMs: 3_100 }, 'unread', /unread/],
  [{ unreadBytes: undefined, sentBytes: 65 * mib }, 'unread', /68\.2 MB/],
  [{ unreadBytes: undefined, lengthMs: 181_000 }, 'unread', /181 s/],
  [{ silentMs: 4_100 }, 'camera', /camera has sent no picture for 4 s/],
  [{ silentMs: 4_100, converted: true }, 'camera', /out of the conversion for 4 s/],
  [{ gopMs: 6_100 }, 'keyframes', /no keyframe for 6 s/],
])('ends with %j', (facts, cause, because) => {
  expect(whyEndRecording({ ...well, ...facts })).toEqual({ cause, because: expect.stringMatching(because) });
});
