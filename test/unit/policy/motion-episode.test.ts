import { expect, test } from '@jest/globals';
import { MotionEpisode } from '../../../src/policy/motion-episode.js';

/** Pictures as letters: M moves, anything else does not. @returns + where it counts */
function told(pictures: string, minDurationMs: number, gapMs = 200): string {
  const episode = new MotionEpisode(minDurationMs);
  return Array.from(pictures, (picture, index) => (episode.after({ timeMs: 10_000 + index * gapMs, moving: picture === 'M' }) ? '+' : '.')).join('');
}

test.each([
  ['one picture is no motion yet', '.....M......', 400, 200, '............'],
  ['nor are two', '.....MM.....', 400, 200, '............'],
  ['three are 0.4 s', '.....MMMM...', 400, 200, '.......++...'],
  ['a picture that is missed in between is forgiven', '..MM.MM...', 400, 200, '......+...'],
  ['single pictures now and then never add up', '..M...M..M...M..M', 400, 200, '.................'],
  ['every other picture does not either', '..M.M.M.', 400, 200, '........'],
  ['a pause below a second is the same motion', '..MMMM...M.', 400, 200, '....++...+.'],
  ['after a second without it, it has to last anew', '..MMMM......MMM', 400, 200, '....++........+'],
  ['no duration: each picture counts', '..M.M.', 0, 200, '..+.+.'],
  ['two seconds', `..${'M'.repeat(12)}`, 2_000, 200, '............++'],
  ['keyframes every two seconds: one is enough', '...M.M', 400, 2_000, '...+.+'],
  ['keyframes every half second: one is enough for 0.4 s', '...M..', 400, 500, '...+..'],
  ['and two for a second', '...MMM', 1_000, 500, '.....+'],
  ['the first picture of all says nothing of how often they come', 'M.....', 400, 2_000, '......'],
])('%s', (_, pictures, minDurationMs, gapMs, expected) => {
  expect(told(pictures, minDurationMs, gapMs)).toBe(expected);
});

test('one lost picture does not make those that come often seem to come seldom', () => {
  const episode = new MotionEpisode(400);
  const times = [0, 200, 400, 600, 1_200];
  expect(times.map((timeMs) => episode.after({ timeMs, moving: timeMs === 1_200 }))).toEqual([false, false, false, false, false]);
});
