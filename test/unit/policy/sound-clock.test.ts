import { describe, expect, test } from '@jest/globals';
import { SoundClock } from '../../../src/policy/sound-clock.js';
import { seededRandom } from '../../support/seeded-random.js';

describe('RTP times advance by the asked sample rate: not by the 48 kHz of RFC 7587', () => {
  test.each([
    [16_000, 20, 320],
    [16_000, 10, 160],
    [24_000, 20, 480],
    [24_000, 10, 240],
  ])('%d Hz, frames of %d ms: %d ticks', (sampleRate, frameMs, ticks) => {
    const clock = new SoundClock(frameMs, sampleRate);
    const places = Array.from({ length: 1000 }, (_, index) => clock.place(5_000 + index * frameMs));
    expect(places).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(places.map((place) => clock.ticksOf(place ?? NaN))).toEqual(Array.from({ length: 1000 }, (_, index) => index * ticks));
    expect(clock.ticksAt(5_000 + 500 * frameMs)).toBe(500 * ticks);
  });
});

test('times that jitter leave no frame out and make no gap', () => {
  const random = seededRandom(7);
  const clock = new SoundClock(20, 16_000);
  const places = Array.from({ length: 5_000 }, (_, index) => clock.place(index * 20 + random() * 50 - 25));
  expect(places).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
});

test('a camera whose clock is slow or fast by a thousandth: no gap in an hour, and the reports stay in step with the pictures', () => {
  for (const drift of [0.999, 1.001]) {
    const clock = new SoundClock(20, 16_000);
    let worst = 0;
    let misplaced = 0;
    for (let index = 0; index < 180_000; index++) {
      const timeMs = index * 20 * drift;
      misplaced += clock.place(timeMs) === index ? 0 : 1;
      // What the viewer makes of the report: when this frame is to be heard.
      worst = Math.max(worst, Math.abs((clock.ticksAt(timeMs) ?? 0) - clock.ticksOf(index)));
    }
    expect(misplaced).toBe(0);
    expect(worst / 16).toBeLessThan(2); // Milliseconds.
  }
});

test.each([
  ['100 ms', 100, 5],
  ['an hour', 3_600_000, 180_000],
])('where %s of sound are missing, whole frames are left out, and all goes on in time', (_name, missingMs, frames) => {
  const clock = new SoundClock(20, 16_000);
  for (let index = 0; index < 50; index++) {
    clock.place(index * 20);
  }
  expect(clock.place(1_000 + missingMs)).toBe(50 + frames);
  expect(clock.place(1_020 + missingMs)).toBe(51 + frames);
});

test('sound that comes twice is left out until its place is free', () => {
  const clock = new SoundClock(20, 16_000);
  for (let index = 0; index < 50; index++) {
    clock.place(index * 20);
  }
  const again = Array.from({ length: 30 }, (_, index) => clock.place(600 + index * 20));
  expect(again.filter((place) => place === undefined)).toHaveLength(17); // 400 ms, less the 60 that are let pass.
  expect(again.find((place) => place !== undefined)).toBe(50);
});

test('before the first frame there is no time', () => {
  expect(new SoundClock(20, 16_000).ticksAt(1_000)).toBeUndefined();
});
