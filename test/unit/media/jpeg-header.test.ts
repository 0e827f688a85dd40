import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { FormatError } from '../../../src/media/format-error.js';
import { readJpegHeader } from '../../../src/media/jpeg-header.js';
import { readJpegPicture } from '../../../src/media/jpeg-picture.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';
import { endOfImage, frameHeader, handMadeJpeg, huffmanTables, scan, segment, startOfImage, thumbnail } from './hand-made-jpeg.js';

test.each<[string, number[], string]>([
  ['4:2:0', [0x22, 0x11, 0x11], '4:2:0'],
  ['4:2:2, as cameras have it', [0x21, 0x11, 0x11], '4:2:2'],
  ['4:2:2, as FFmpeg writes it', [0x22, 0x12, 0x12], '4:2:2'],
  ['4:4:4', [0x11, 0x11, 0x11], '4:4:4'],
  ['grey', [0x11], 'grey'],
  ['4:1:1', [0x41, 0x11, 0x11], 'other'],
])('size and chroma: %s', (_name, sampling, chroma) => {
  expect(readJpegHeader(handMadeJpeg([], frameHeader({ width: 2592, height: 1944, sampling })))).toMatchObject({ width: 2592, height: 1944, chroma, tables: true });
});

test('progressive ones, with fill bytes before a marker, have a size too', () => {
  expect(readJpegHeader(handMadeJpeg([Buffer.from([0xff, 0xff])], frameHeader({ marker: 0xffc2 })))).toMatchObject({ width: 64, height: 48 });
});

test('the size is not that of the thumbnail', () => {
  expect(readJpegHeader(handMadeJpeg([thumbnail()]))).toMatchObject({ width: 64, height: 48 });
});

test('the tables that motion JPEG leaves out are put in front of the first scan; what has them stays as it is', () => {
  const whole = handMadeJpeg();
  expect(readJpegPicture(whole, 5)).toEqual({ width: 64, height: 48, chroma: '4:2:0', jpeg: whole, timeMs: 5 });
  const without = Buffer.concat([startOfImage, frameHeader(), scan, endOfImage]);
  const { jpeg } = readJpegPicture(without, 5);
  expect(readJpegHeader(jpeg)).toMatchObject({ width: 64, tables: true });
  const scanAt = without.length - scan.length - 2;
  expect(jpeg.subarray(0, scanAt)).toEqual(without.subarray(0, scanAt));
  expect(jpeg.subarray(jpeg.length - scan.length - 2)).toEqual(without.subarray(scanAt));
});

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['one that ends in a segment', handMadeJpeg().subarray(0, 10)],
  ['one without a frame header', Buffer.concat([startOfImage, huffmanTables, scan, endOfImage])],
  ['one without a scan', Buffer.concat([startOfImage, frameHeader(), endOfImage])],
  ['one without a size', handMadeJpeg([], frameHeader({ height: 0 }))],
  ['a segment without a length', Buffer.concat([startOfImage, Buffer.from([0xff, 0xe0, 0, 0])])],
  ['a byte between segments', Buffer.concat([startOfImage, segment(0xffe0, [1]), Buffer.from([0]), frameHeader()])],
])('%s is refused', (_name, bytes) => {
  expect(() => readJpegHeader(bytes)).toThrow(FormatError);
});

test('whatever the bytes are, the answer is a header or a FormatError', () => {
  const random = seededRandom(8);
  const whole = handMadeJpeg([thumbnail()]);
  for (let round = 0; round < 20_000; round++) {
    const bytes = round % 2 === 0 ? randomBytes(random, below(random, 60)) : Uint8Array.from(whole);
    for (let flips = below(random, 4); round % 2 === 1 && flips >= 0; flips--) {
      bytes[below(random, bytes.length)] = below(random, 256);
    }
    try {
      readJpegHeader(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  }
});
