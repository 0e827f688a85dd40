import { describe, expect, test } from '@jest/globals';
import { firstSoundKnowledge, isKeptAsItIs, isToBeDescribed, soundAfter, soundAsk, soundTimes, type SoundAsk, type SoundEvent, type SoundKnowledge } from '../../../src/policy/sound-choice.js';

const unfit: SoundEvent = { kind: 'trouble', trouble: 'unfit' };
const onlyMp4: SoundEvent = { kind: 'trouble', trouble: 'mp4' };
const withHeaders: SoundEvent = { kind: 'trouble', trouble: 'adts' };
const absent: SoundEvent = { kind: 'trouble', trouble: 'absent' };
const works = (asked: SoundAsk): SoundEvent => ({ kind: 'works', asked });
const failed = (asked: SoundAsk): SoundEvent => ({ kind: 'failed', asked });
const described = (...codecs: readonly string[]): SoundEvent => ({ kind: 'described', microphone: { kind: 'offered', codecs } });
const describedWithout: SoundEvent = { kind: 'described', microphone: { kind: 'none' } };
const notDescribed: SoundEvent = { kind: 'described', microphone: { kind: 'unknown' } };

/** What is known after these, one after the other at time 0. */
function after(...events: readonly SoundEvent[]): SoundKnowledge {
  return events.reduce((known, event) => soundAfter(known, event, 0), firstSoundKnowledge);
}

test.each<[string, readonly SoundEvent[], SoundAsk]>([
  ['nothing', [], 'mov'],
  ['a description without a microphone', [describedWithout], 'none'],
  ['a description with G.711', [described('pcm_mulaw')], 'mov'],
  ['a description with a codec that is not known here', [described('unknown')], 'mov'],
  ['a microphone without a codec', [described()], 'mov'],
  ['a description with Opus, which only MP4 holds', [described('opus')], 'mp4'],
  ['a description with G.726, which neither holds', [described('g726')], 'encoded'],
  ['a description with two microphones alike', [described('opus', 'opus')], 'mp4'],
  ['a description with several codecs: which of them comes is not known', [described('opus', 'g726', 'pcm_alaw')], 'mov'],
  ['a camera that does not describe its sound', [notDescribed], 'mov'],
  ['a connection that works', [works('mov')], 'mov'],
  ['a connection that works as described', [described('opus'), works('mp4')], 'mp4'],
  ['a microphone that is described, and is not there', [described('aac'), absent], 'none'],
  ['no microphone', [absent], 'none'],
  ['sound that only MP4 holds', [onlyMp4], 'mp4'],
  ['AAC whose frames have headers', [withHeaders], 'adts'],
  ['sound that nothing holds', [unfit], 'encoded'],
  ['sound that only MP4 is said to hold, and does not', [onlyMp4, unfit], 'encoded'],
  ['AAC whose headers cannot be taken off', [withHeaders, withHeaders], 'encoded'],
  ['sound that cannot be decoded either', [unfit, unfit], 'none'],
  ['a failure that may be the sound', [failed('mov')], 'none'],
  ['a failure without it as well', [failed('mov'), failed('none')], 'mov'],
  ['a failure of a connection that nobody wanted sound of', [failed('none')], 'mov'],
  ['a failure with it, and one that works without', [failed('mov'), works('none')], 'none'],
  ['Opus, in doubt, and none without it', [onlyMp4, failed('mp4'), failed('none')], 'mp4'],
  ['sound that is encoded, in doubt, and none without it', [unfit, failed('encoded'), failed('none')], 'encoded'],
])('after %s', (_what, events, ask) => {
  expect(soundAsk(after(...events), 0)).toBe(ask);
});

describe('sound that may have been why a connection failed', () => {
  const spared = after(failed('mov'), works('none'));

  test('is asked for again after a minute, however often the connection without it comes and goes', () => {
    const again = [works('none'), failed('none'), works('none')].reduce((known, event) => soundAfter(known, event, 1_000), spared);
    expect(soundAsk(again, soundTimes.spareMs - 1)).toBe('none');
    expect(soundAsk(again, soundTimes.spareMs)).toBe('mov');
  });

  test('is believed to be after the second time', () => {
    const known = [failed('mov'), works('none')].reduce((each, event) => soundAfter(each, event, 70_000), spared);
    expect(known).toMatchObject({ kind: 'none' });
    expect(soundAsk(known, 140_000)).toBe('none');
  });
});

describe.each([
  ['found out by trying', absent],
  ['described', describedWithout],
])('a camera without a microphone, %s,', (_how, event) => {
  const none = after(event);
  const { againMs } = soundTimes;

  test('is asked again after an hour: its microphone may have been switched on', () => {
    expect([isToBeDescribed(none, againMs - 1), soundAsk(none, againMs - 1)]).toEqual([false, 'none']);
    expect([isToBeDescribed(none, againMs), soundAsk(none, againMs)]).toEqual([true, 'mov']);
    expect(soundAsk(soundAfter(none, event, againMs), againMs + 1)).toBe('none');
    expect(soundAsk(soundAfter(none, described('opus'), againMs), againMs)).toBe('mp4');
  });

  test('that has sound after that hour is not described with each connection from then on', () => {
    const working = soundAfter(none, works('mov'), againMs);
    expect([isToBeDescribed(working, againMs), soundAsk(working, againMs)]).toEqual([false, 'mov']);
  });
});

test.each<[string, readonly SoundEvent[], boolean]>([
  ['nothing', [], true],
  ['a failure without sound', [failed('none')], true],
  ['a description', [described('aac')], false],
  ['a description that did not come', [notDescribed], false],
  ['a connection that works', [works('mov')], false],
  ['a failure that may be the sound', [failed('mov')], false],
  ['no microphone', [absent], false],
])('whether a camera is to be described after %s', (_what, events, expected) => {
  expect(isToBeDescribed(after(...events), 0)).toBe(expected);
});

test.each<[string, readonly SoundEvent[], { readonly microphone: boolean }]>([
  ['no microphone, as described', [describedWithout], { microphone: false }],
  ['no microphone, as found out', [absent], { microphone: false }],
  ['sound that cannot be decoded', [unfit, unfit], { microphone: true }],
  ['G.726 that cannot be decoded', [described('g726'), unfit], { microphone: true }],
])('%s: whether there is sound that is missed is remembered', (_what, events, expected) => {
  expect(after(...events)).toMatchObject({ kind: 'none', ...expected });
});

test.each([[unfit], [onlyMp4], [withHeaders], [onlyMp4, withHeaders], [withHeaders, onlyMp4]])('whatever is found, a camera is not connected more than four times because of its sound', (...troubles) => {
  let known = firstSoundKnowledge;
  let connections = 1;
  for (; soundAsk(known, 0) !== 'none'; connections++) {
    known = soundAfter(known, troubles[connections % troubles.length] ?? unfit, 0);
  }
  expect(connections).toBeLessThanOrEqual(4);
});

test.each([
  ['aac', true],
  ['pcm_alaw', true],
  ['sowt', true],
  ['ac-3', false],
  ['.mp2', false],
  ['', false],
])('sound that came as %j is kept as it is: %s', (codec, kept) => expect(isKeptAsItIs(codec)).toBe(kept));
