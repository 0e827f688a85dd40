import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { nutChecksum } from '../../../src/media/nut-format.js';
import { nutFrameHeader, nutHeader } from '../../../src/media/nut-writer.js';

test('one syncpoint at the beginning and the pipe flag: FFmpeg would remember each further one for ever', () => {
  const header = nutHeader({ width: 1920, height: 1080 });
  const main = Buffer.from('4e4d7a561f5f04ad', 'hex');
  const syncpoint = Buffer.from('4e4be4adeeca4569', 'hex');
  expect(header.indexOf('nut/multimedia container\0')).toBe(0);
  const body = header.indexOf(main) + 9;
  const end = body + (header[body - 1] ?? 0);
  expect(header[body]).toBe(4); // version
  expect(header[end - 5]).toBe(2); // the last field before the checksum: flags
  expect(nutChecksum(header, body, end)).toBe(0);
  expect(header.indexOf(syncpoint)).toBe(header.length - 8 - 1 - 2 - 4);
});

test('pictures are I420 unless they are said to be JPEGs', () => {
  expect(nutHeader({ width: 64, height: 48 }).includes('I420')).toBe(true);
  expect(nutHeader({ width: 64, height: 48, codec: 'MJPG' }).includes('MJPG')).toBe(true);
});

test('a frame header is its time in 1/90000 s, its size and a checksum over both', () => {
  // 1/90000 s each: 3 gives 33.3 µs more; the time is coded one higher.
  expect(nutFrameHeader(0, 12).subarray(0, 3)).toEqual(Buffer.from([0, 1, 12]));
  expect(nutFrameHeader(2 / 90, 12).subarray(0, 3)).toEqual(Buffer.from([0, 3, 12]));
  const header = nutFrameHeader(33.3444, 3_110_400);
  expect(header.subarray(0, -4)).toEqual(Buffer.from([0, 0x97, 0x3a, 0x81, 0xbd, 0xec, 0x00]));
  expect(nutChecksum(header)).toBe(0);
});

test('a month of time is exact to the tick', () => {
  const monthMs = 31 * 86_400_000;
  const [before, after] = [monthMs, monthMs + 1 / 90].map((timeMs) => [...nutFrameHeader(timeMs, 6)].slice(1, -5).reduce((sum, byte) => sum * 128 + (byte & 127), 0));
  expect([before, after]).toEqual([monthMs * 90 + 1, monthMs * 90 + 2]);
});

test('there is no time before 0', () => {
  expect(() => nutFrameHeader(-1, 6)).toThrow(RangeError);
  expect(() => nutFrameHeader(NaN, 6)).toThrow(RangeError);
});
