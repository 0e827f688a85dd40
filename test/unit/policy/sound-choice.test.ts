import { expect, test } from '@jest/globals';
import { firstSoundAsk, soundAfter, type SoundAsk, type SoundFailure } from '../../../src/policy/sound-choice.js';

test.each<[SoundAsk, SoundFailure['trouble'], SoundAsk]>([
  ['mov', 'absent', 'none'],
  ['mp4', 'absent', 'none'],
  ['mov', 'unfit', 'mp4'],
  ['mp4', 'unfit', 'none'],
])('asked as %s and found %s, it is asked as %s', (asked, trouble, next) => {
  expect(soundAfter({ asked, trouble }).ask).toBe(next);
});

test('whatever is found, a camera is not connected more than three times because of its sound', () => {
  let ask = firstSoundAsk;
  let connections = 1;
  for (; ask !== 'none'; connections++) {
    ask = soundAfter({ asked: ask, trouble: 'unfit' }).ask;
  }
  expect(connections).toBe(3);
});
