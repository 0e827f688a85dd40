import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../src/media/format-error.js';
import { JpegSplitter, mostJpegBytes } from '../../../src/media/jpeg-splitter.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';
import { endOfImage, frameHeader, handMadeJpeg, huffmanTables, scan, segment, startOfImage, thumbnail } from './hand-made-jpeg.js';

const small = handMadeJpeg();
const withThumbnail = handMadeJpeg([thumbnail(), thumbnail()]);
const progressive = Buffer.concat([startOfImage, frameHeader({ marker: 0xffc2 }), huffmanTables, scan, huffmanTables, scan, scan, endOfImage]);
const part = (jpeg: Buffer): Buffer => Buffer.concat([Buffer.from('--frame\r\nContent-Type: image/jpeg\r\n\r\n'), jpeg, Buffer.from('\r\n')]);

function split(bytes: Buffer, pieces = bytes.length): Buffer[] {
  const splitter = new JpegSplitter();
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieces) {
    found.push(...splitter.push(bytes.subarray(at, at + pieces)));
  }
  return found;
}

describe.each([1, 2, 3, 7, 100_000])('in pieces of %i bytes', (pieces) => {
  test.each<[string, Buffer[], Buffer[]]>([
    ['one after the other', [small, withThumbnail, small], [small, withThumbnail, small]],
    ['parts of a multipart answer', [part(small), part(withThumbnail), part(small)], [small, withThumbnail, small]],
    ['one with several scans', [progressive, small], [progressive, small]],
    ['one that breaks off in its scan', [part(small.subarray(0, -6)), part(withThumbnail)], [withThumbnail]],
    ['one that breaks off before its first segment', [startOfImage, small], [small]],
    ['one without a scan', [startOfImage, frameHeader(), endOfImage, small], [small]],
    ['what begins like one and is none', [Buffer.from([0xff, 0xd8, 0xff, 0x00, 1, 2]), small], [small]],
    ['restart and fill bytes before a marker', [startOfImage, Buffer.from([0xff, 0xff, 0xff, 0x01]), frameHeader(), scan, Buffer.from([0xff, 0xff]), endOfImage], [Buffer.concat([startOfImage, Buffer.from([0xff, 0xff, 0xff, 0x01]), frameHeader(), scan, Buffer.from([0xff, 0xff]), endOfImage])]],
    ['one that has not ended yet', [small, small.subarray(0, -1)], [small]],
  ])('%s', (_name, bytes, pictures) => {
    expect(split(Buffer.concat(bytes), pieces)).toEqual(pictures);
  });
});

test('what was found stays as it is, whatever comes after', () => {
  const splitter = new JpegSplitter();
  const [first] = splitter.push(small);
  splitter.push(Buffer.alloc(100_000, 7));
  expect(first).toEqual(small);
});

test('a picture that does not end is refused, and what is no picture does not pile up', () => {
  const splitter = new JpegSplitter();
  const piece = Buffer.alloc(1024 * 1024, 1);
  for (let megabytes = 0; megabytes < 40; megabytes++) {
    expect(splitter.push(piece)).toEqual([]);
  }
  splitter.push(Buffer.concat([startOfImage, frameHeader(), scan]));
  expect(() => {
    for (let bytes = 0; bytes <= mostJpegBytes + 2 * piece.length; bytes += piece.length) {
      splitter.push(piece);
    }
  }).toThrow(FormatError);
});

test('however the bytes come, the same pictures are found, and a whole one after any rubbish', () => {
  const random = seededRandom(4);
  for (let round = 0; round < 400; round++) {
    const damaged = Buffer.from(Buffer.concat([part(withThumbnail), segment(0xffe0, [1, 2]), part(progressive), Buffer.from(randomBytes(random, below(random, 40)))]));
    for (let flips = below(random, 6); flips > 0; flips--) {
      damaged[below(random, damaged.length)] = below(random, 256);
    }
    // Longer than any segment: what a wrong length takes along ends there.
    const bytes = Buffer.concat([damaged, Buffer.alloc(66_000), small]);
    const whole = split(bytes);
    expect(whole.at(-1)).toEqual(small);
    expect(split(bytes, 1 + below(random, 50))).toEqual(whole);
  }
}, 60_000);

/** How much longer eight times as many bytes take; the shortest of several times each. */
function growth(some: Buffer, more: Buffer): number {
  const shortest = { small: Infinity, large: Infinity };
  for (let round = 0; round < 5; round++) {
    for (const [size, given] of [['small', some], ['large', more]] as const) {
      const bytes = Buffer.concat([startOfImage, given, Buffer.from([0xff, 0xff, 0])]);
      const beganMs = performance.now();
      expect(split(bytes)).toEqual([]);
      shortest[size] = Math.min(shortest[size], performance.now() - beganMs);
    }
  }
  return shortest.large / shortest.small;
}

test.each<[string, readonly number[], number]>([
  ['beginnings alone', [0xff, 0xd8], 32_000],
  ['what begins like one and is none', [0xff, 0xd8, 0xff, 0], 16_000],
  ['segments with a beginning in each, that lead nowhere', [0xff, 0xe0, 0, 5, 0xff, 0xd8, 0xff], 4_000],
])('no bytes cost the square of their number: %s', (_name, repeated, times) => {
  expect(growth(Buffer.alloc(times * repeated.length, Buffer.from(repeated)), Buffer.alloc(8 * times * repeated.length, Buffer.from(repeated)))).toBeLessThan(30);
}, 120_000);

test.each<[string, number, number]>([
  ['fill bytes', 0xe0, 0xff],
  ['a scan', 0xda, 0],
])('nor do beginnings that all lead into the same %s', (_name, marker, follows) => {
  const leading = (count: number): Buffer => {
    const beginnings = Array.from({ length: count }, (_, index) => [0xff, 0xd8, 0xff, marker, ...[8, 0].map((bits) => (((count - index) * 6 - 4) >> bits) & 0xff)]).flat();
    return Buffer.concat([Buffer.from(beginnings), Buffer.alloc(count * 12, follows)]);
  };
  expect(growth(leading(1_000), leading(8_000))).toBeLessThan(30);
}, 120_000);

test('a picture within a segment of a wrong length is found', () => {
  const wrong = Buffer.concat([startOfImage, segment(0xffe1, [1, 2]), Buffer.from([0xff, 0xe0, 0xff, 0xff])]);
  expect(split(Buffer.concat([wrong, small, Buffer.alloc(66_000)]))).toEqual([small]);
});

test('a thumbnail is no picture, also where what it belongs to breaks off', () => {
  expect(split(Buffer.concat([startOfImage, thumbnail(), huffmanTables, Buffer.from([1, 2, 3, 4]), small]))).toEqual([small]);
});
