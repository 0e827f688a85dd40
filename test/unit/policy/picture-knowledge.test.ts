import { describe, expect, test } from '@jest/globals';
import { firstPictureKnowledge, pictureAfter, type PictureEvent } from '../../../src/policy/picture-choice.js';

const known = (...events: readonly PictureEvent[]) => events.reduce(pictureAfter, firstPictureKnowledge);
const minutes = (count: number): number => count * 60_000;
const stoodStill = (forMs: number): PictureEvent => ({ kind: 'worked', forMs, stoodStill: true });
const ended = (forMs: number): PictureEvent => ({ kind: 'worked', forMs, stoodStill: false });
const connecting = (atMs: number): PictureEvent => ({ kind: 'connecting', atMs });

describe('the times of a camera', () => {
  test.each<[string, readonly PictureEvent[], 'camera' | 'arrival']>([
    ['that it does not give are those of arrival', [{ kind: 'trouble', trouble: 'times' }], 'arrival'],
    ['are its own after its clock was set once, as after its start', [stoodStill(4_000)], 'camera'],
    ['are those of arrival when they stand still again at once', [stoodStill(4_000), stoodStill(2_500)], 'arrival'],
    ['are its own when its clock is set once in a while', [stoodStill(minutes(60)), stoodStill(minutes(900)), stoodStill(minutes(600))], 'camera'],
    ['are its own when it worked for long in between', [stoodStill(4_000), ended(minutes(30)), stoodStill(4_000)], 'camera'],
    ['are its own when it worked in between, however often', [stoodStill(minutes(60)), ended(10_000), ended(10_000), stoodStill(minutes(5))], 'camera'],
    ['are those of arrival when it was only away in between', [stoodStill(4_000), ended(5_000), stoodStill(4_000)], 'arrival'],
    ['stay those of arrival for hours', [stoodStill(4_000), stoodStill(2_500), connecting(minutes(10)), ended(minutes(300)), connecting(minutes(310))], 'arrival'],
    ['are tried again after that', [stoodStill(4_000), stoodStill(2_500), connecting(minutes(10)), connecting(minutes(371))], 'camera'],
    ['are those of arrival again where they still stand still', [stoodStill(4_000), stoodStill(2_500), connecting(0), connecting(minutes(400)), stoodStill(4_000), stoodStill(4_000), connecting(minutes(401))], 'arrival'],
  ])('%s', (_name, events, times) => {
    expect(known(...events).times).toBe(times);
  });
});

test('parameter sets that come late are waited for from then on', () => {
  expect(known({ kind: 'trouble', trouble: 'parameters' }, ended(minutes(600)))).toMatchObject({ patient: true, uncopyable: false, times: 'camera' });
});
