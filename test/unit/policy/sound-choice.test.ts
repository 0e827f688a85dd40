import { describe, expect, test } from '@jest/globals';
import { firstSoundKnowledge, soundAfter, soundAsk, soundTimes, type SoundAsk, type SoundEvent, type SoundKnowledge } from '../../../src/policy/sound-choice.js';

const unfit: SoundEvent = { kind: 'trouble', trouble: 'unfit' };
const absent: SoundEvent = { kind: 'trouble', trouble: 'absent' };
const works: SoundEvent = { kind: 'works' };
const failed = (asked: SoundAsk): SoundEvent => ({ kind: 'failed', asked });

/** What is known after these, one after the other at time 0. */
function after(...events: readonly SoundEvent[]): SoundKnowledge {
  return events.reduce((known, event) => soundAfter(known, event, 0), firstSoundKnowledge);
}

test.each<[string, readonly SoundEvent[], SoundAsk]>([
  ['nothing', [], 'mov'],
  ['a connection that works', [works], 'mov'],
  ['no microphone', [absent], 'none'],
  ['sound that MOV does not hold', [unfit], 'mp4'],
  ['sound that neither holds', [unfit, unfit], 'none'],
  ['a failure that may be the sound', [failed('mov')], 'none'],
  ['a failure without it as well', [failed('mov'), failed('none')], 'mov'],
  ['a failure of a connection that nobody wanted sound of', [failed('none')], 'mov'],
  ['a failure with it, and one that works without', [failed('mov'), works], 'none'],
  ['Opus, in doubt, and none without it', [unfit, failed('mp4'), failed('none')], 'mp4'],
])('after %s', (_what, events, ask) => {
  expect(soundAsk(after(...events), 0)).toBe(ask);
});

describe('sound that may have been why a connection failed', () => {
  const spared = after(failed('mov'), works);

  test('is asked for again after a minute, however often the connection without it comes and goes', () => {
    const again = [works, failed('none'), works].reduce((known, event) => soundAfter(known, event, 1_000), spared);
    expect(soundAsk(again, soundTimes.spareMs - 1)).toBe('none');
    expect(soundAsk(again, soundTimes.spareMs)).toBe('mov');
  });

  test('is believed to be after the second time', () => {
    const known = [failed('mov'), works].reduce((each, event) => soundAfter(each, event, 70_000), spared);
    expect(known).toMatchObject({ kind: 'none' });
    expect(soundAsk(known, 140_000)).toBe('none');
  });
});

test('a camera without sound is asked again after an hour: its microphone may have been switched on', () => {
  const none = after(absent);
  expect(soundAsk(none, soundTimes.againMs - 1)).toBe('none');
  expect(soundAsk(none, soundTimes.againMs)).toBe('mov');
  expect(soundAsk(soundAfter(none, absent, soundTimes.againMs), soundTimes.againMs + 1)).toBe('none');
});

test('whatever is found, a camera is not connected more than three times because of its sound', () => {
  let known = firstSoundKnowledge;
  let connections = 1;
  for (; soundAsk(known, 0) !== 'none'; connections++) {
    known = soundAfter(known, unfit, 0);
  }
  expect(connections).toBe(3);
});
