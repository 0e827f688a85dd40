import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../src/media/format-error.js';
import { aacPayload, readAacPayload } from '../../../src/media/rtp-aac.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

describe('AAC in RTP (RFC 3640, AAC-hbr)', () => {
  test('a frame is preceded by its length in 13 bits and an index of 0', () => {
    expect(aacPayload(bytes('aabbcc'))).toEqual(bytes('0010' + '0018' + 'aabbcc'));
    expect(aacPayload(Buffer.alloc(8191)).subarray(0, 4)).toEqual(bytes('0010' + 'fff8'));
  });

  test.each([0, 8192])('a frame of %i bytes has no such length', (length) => {
    expect(() => aacPayload(new Uint8Array(length))).toThrow(RangeError);
  });

  test('what was written is read', () => {
    const random = seededRandom(3640);
    for (const length of [1, 2, 255, 256, 480, 8191]) {
      const frame = Buffer.from(randomBytes(random, length));
      expect(readAacPayload(aacPayload(frame)).map((read) => frame.equals(read))).toEqual([true]);
    }
  });

  test('several frames in one packet are read', () => {
    const payload = bytes('0030' + '0008' + '0010' + '0018' + 'aa' + 'bbbb' + 'cccccc');
    expect(readAacPayload(payload).map((frame) => Buffer.from(frame).toString('hex'))).toEqual(['aa', 'bbbb', 'cccccc']);
  });

  test.each([
    ['nothing', ''],
    ['half a length of headers', '00'],
    ['no headers', '0000'],
    ['headers of another size', '0012' + '0018' + '00' + 'aabbcc'],
    ['headers that are not there', '0020' + '0008'],
    ['a part of a frame', '0010' + '0020' + 'aabbcc'],
    ['a second frame that is not there', '0020' + '0018' + '0008' + 'aabbcc'],
    ['a frame without bytes', '0010' + '0000'],
    ['interleaved frames', '0020' + '0008' + '0009' + 'aabb'],
    ['a first frame of a later time', '0010' + '000a' + 'aa'],
  ])('%s is refused', (_, hex) => {
    expect(() => readAacPayload(bytes(hex))).toThrow(FormatError);
  });

  test('nothing worse comes of random bytes', () => {
    const random = seededRandom(5);
    let read = 0;
    for (let run = 0; run < 10_000; run++) {
      const payload = randomBytes(random, below(random, 40));
      payload.set([0, run % 3 === 0 ? 16 : 32].slice(0, payload.length));
      if (run % 2 === 0 && payload.length > 4) {
        payload.set([0, 8 * (1 + below(random, 31))], 2);
      }
      try {
        const lengths = readAacPayload(payload).map((frame) => frame.length);
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(payload.length);
        read += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    expect(read).toBeGreaterThan(200);
  });
});
