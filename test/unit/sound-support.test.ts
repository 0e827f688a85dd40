import { describe, expect, test } from '@jest/globals';
import { wallClock } from '../support/controller/wall-clock.js';
import { seededRandom } from '../support/seeded-random.js';
import { gaps } from '../support/sound/gaps.js';
import { readOggOpus, writeOggOpus } from '../support/sound/ogg-opus.js';
import { joinOpus, opusMs } from '../support/sound/opus-packets.js';
import { toneAt } from '../support/sound/tone.js';

const sampleRate = 48_000;

/** A second of sound, by its value (-1 to 1) at each moment in seconds. */
function second(value: (seconds: number) => number): Int16Array {
  return Int16Array.from({ length: sampleRate }, (_, index) => Math.round(value(index / sampleRate) * 32_767));
}

function sine(hz: number): (seconds: number) => number {
  return (seconds) => 0.5 * Math.sin(2 * Math.PI * hz * seconds);
}

describe('toneAt', () => {
  test.each([98.7, 440, 1000, 3333.3, 11_000])('finds %d Hz to a tenth of a hertz', (hz) => {
    const tone = toneAt(second(sine(hz)), sampleRate);
    expect(Math.abs(tone.hz - hz)).toBeLessThan(0.1);
    expect(tone.share).toBeGreaterThan(0.999);
  });

  test('finds the stronger of two tones and its share, little in noise, nothing in silence', () => {
    const both = toneAt(second((seconds) => 0.8 * sine(500)(seconds) + 0.4 * sine(2000)(seconds)), sampleRate);
    expect(both.hz).toBeCloseTo(500, 0);
    expect(both.share).toBeCloseTo(0.8, 2);
    const random = seededRandom(1);
    expect(toneAt(second(() => random() - 0.5), sampleRate).share).toBeLessThan(0.02);
    expect(toneAt(new Int16Array(sampleRate), sampleRate)).toEqual({ hz: NaN, share: 0 });
  });
});

describe('gaps', () => {
  const during = (from: number, to: number) => (seconds: number) => seconds >= from && seconds < to;

  test('finds a gap to a millisecond, and none where there is a tone as low as 60 Hz', () => {
    const [short, long] = [during(0.2, 0.235), during(0.6, 0.645)];
    const found = gaps(second((seconds) => (short(seconds) || long(seconds) ? 0 : sine(440)(seconds))), sampleRate);
    expect(found).toHaveLength(1);
    expect(Math.abs((found[0]?.atMs ?? NaN) - 600)).toBeLessThanOrEqual(1);
    expect(Math.abs((found[0]?.ms ?? NaN) - 45)).toBeLessThanOrEqual(1);
    expect(gaps(second(sine(60)), sampleRate, 5)).toEqual([]);
  });

  test('is not deceived by a click in it, nor by noise 30 dB below the tone', () => {
    const random = seededRandom(2);
    const gap = during(0.5, 0.56);
    const noisy = second((seconds) => (gap(seconds) ? (random() - 0.5) * 0.03 : sine(440)(seconds)));
    noisy[Math.round(0.53 * sampleRate)] = 16_000;
    expect(gaps(noisy, sampleRate)).toHaveLength(1);
  });

  test('takes silence from beginning to end for one gap', () => {
    expect(gaps(new Int16Array(sampleRate), sampleRate)).toEqual([{ atMs: 0, ms: 1000 }]);
    expect(gaps(new Int16Array(), sampleRate)).toEqual([]);
  });
});

describe('Opus packets', () => {
  // Configuration in the upper five bits, then stereo, then how many frames (RFC 6716 3.1).
  test.each([
    [[0x00], 10],
    [[0x08], 20],
    [[0x48], 20],
    [[0x58], 60],
    [[0x68], 20],
    [[0x60], 10],
    [[0x80], 2.5],
    [[0xb8], 20],
    [[0xb9, 0], 40],
    [[0x42, 1, 0, 0], 20],
    [[0x43, 0x83], 30],
    [[0xb7, 0x43], 30],
  ])('of the first bytes %j last %d ms', (bytes, ms) => {
    expect(opusMs(Uint8Array.from(bytes))).toBe(ms);
  });

  test('that are empty, have no frame or last too long are none', () => {
    for (const bytes of [[], [0x43, 0x80], [0x43], [0x5b, 3]]) {
      expect(() => opusMs(Uint8Array.from(bytes))).toThrow(/Opus packet/);
    }
  });

  test('of several frames have the lengths of all but the last, in two bytes from 252 on; frames of two kinds share none', () => {
    const frame = (toc: number, length: number): Uint8Array => new Uint8Array(length + 1).fill(toc, 0, 1);
    const joined = joinOpus([frame(0x40, 251), frame(0x40, 252), frame(0x40, 701), frame(0x40, 5)]);
    expect([...joined.subarray(0, 7)]).toEqual([0x43, 0x84, 251, 252, 0, 253, 112]);
    expect(joined).toHaveLength(7 + 251 + 252 + 701 + 5);
    expect(() => joinOpus([frame(0x40, 5), frame(0x60, 5)])).toThrow(/same kind/);
  });

  test('come back whole from Ogg, whatever their length', () => {
    const packets = [1, 254, 255, 256, 509, 510, 1275].map((length) => Buffer.alloc(length, length & 0xff));
    expect(readOggOpus(writeOggOpus(packets.map((payload) => ({ payload, opusMs: 20 }))))).toEqual(packets);
  });
});

test('the wall clock of an RTP time is that of the nearest report, also where RTP times begin anew', () => {
  const report = { ntpMiddle: 0, packetCount: 0, octetCount: 0 };
  const reports = [
    { ...report, ssrc: 1, wallMs: 10_000, rtpTimestamp: 2 ** 32 - 48_000 },
    { ...report, ssrc: 2, wallMs: 77_000, rtpTimestamp: 0 },
    { ...report, ssrc: 1, wallMs: 12_100, rtpTimestamp: 0 },
  ];
  const wallMs = wallClock(reports, 1, 24_000);
  expect(wallMs(2 ** 32 - 36_000)).toBe(10_500);
  expect(wallMs(2 ** 32 - 12_000)).toBe(11_600);
  expect(wallMs(24_000)).toBe(13_100);
  expect(() => wallClock(reports, 3, 24_000)(0)).toThrow('no sender report of source 3');
});
