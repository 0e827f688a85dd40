import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { beginsOpenGop, forEachNal, fromAnnexB, isBFrame, isKeyframe, joinNals, toAnnexB, withFourByteLengths } from '../../../src/media/nal.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';

const unit = (...nals: readonly (readonly number[])[]): Buffer => joinNals(nals.map((nal) => Uint8Array.from(nal)));

function nalsOf(data: Uint8Array): { nals: number[][]; intact: boolean } {
  const nals: number[][] = [];
  const intact = forEachNal(data, (start, end) => void nals.push([...data.subarray(start, end)]));
  return { nals, intact };
}

test('NAL units come in order, empty ones are passed over', () => {
  expect(nalsOf(unit([0x67, 1, 2], [], [0x68], [0x65, 9]))).toEqual({ nals: [[0x67, 1, 2], [0x68], [0x65, 9]], intact: true });
  expect(nalsOf(new Uint8Array())).toEqual({ nals: [], intact: true });
});

test('a length past the end is reported, what came before is still visited', () => {
  const good = unit([0x67, 1, 2], [0x65, 9]);
  for (let length = 0; length < good.length; length++) {
    const whole = length < 7 ? 0 : 1;
    expect(nalsOf(good.subarray(0, length))).toEqual({ nals: [[0x67, 1, 2]].slice(0, whole), intact: length === 0 || length === 7 });
  }
  expect(nalsOf(Buffer.from('ffffffff65', 'hex'))).toEqual({ nals: [], intact: false });
});

test.each([
  ['h264', 'IDR after SEI', [[6, 1], [0x65, 1]], true],
  ['h264', 'slice after parameter sets', [[0x67, 1], [0x68, 1], [0x41, 1]], false],
  ['h264', 'data partition', [[0x42, 1]], false],
  ['h264', 'no picture', [[0x67, 1]], false],
  ['h264', 'recovery point before an I slice', [[6, 6, 1, 0xc4], [0x41, 0xb8]], true],
  ['h264', 'recovery point behind another message', [[6, 5, 2, 9, 9, 6, 1, 0xc4], [0x41, 0xb8]], true],
  ['h264', 'recovery point before a P slice', [[6, 6, 1, 0xc4], [0x41, 0xe0]], false],
  ['h264', 'recovery after some pictures', [[6, 6, 1, 0x44], [0x41, 0xb8]], false],
  ['h264', 'I slice without recovery point', [[6, 1, 1, 0xc4], [0x41, 0xb8]], false],
  ['h264', 'SEI that ends too early', [[6, 6, 200, 0xc4], [0x41, 0xb8]], true],
  ['hevc', 'IDR_W_RADL', [[0x40, 1], [0x26, 1]], true],
  ['hevc', 'CRA', [[0x2a, 1]], true],
  ['hevc', 'BLA_W_LP', [[0x20, 1]], true],
  ['hevc', 'reserved IRAP 22', [[0x2c, 1]], false],
  ['hevc', 'trailing picture', [[0x4e, 1], [0x02, 1]], false],
  ['hevc', 'RASL picture', [[0x12, 1]], false],
] as const)('%s %s', (codec, _, nals, keyframe) => {
  expect(isKeyframe(codec, unit(...nals))).toBe(keyframe);
});

test.each([
  ['h264', 'IDR', [[6, 1], [0x65, 1]], false],
  ['h264', 'recovery point', [[6, 6, 1, 0xc4], [0x41, 0xb8]], true],
  ['h264', 'nothing', [], false],
  ['h264', 'IDR whose second field is a slice', [[0x65, 1], [0x41, 1]], false],
  ['hevc', 'IDR_W_RADL', [[0x40, 1], [0x26, 1]], false],
  ['hevc', 'BLA_W_LP', [[0x20, 1]], false],
  ['hevc', 'CRA', [[0x2a, 1]], true],
] as const)('%s %s begins an open GOP', (codec, _, nals, open) => {
  expect(beginsOpenGop(codec, unit(...nals))).toBe(open);
});

test.each([
  ['P', 0xe0, false], // first_mb_in_slice 0: 1; slice_type 0: 1
  ['B', 0xa0, true], // 1: 010
  ['I', 0xb0, false], // 2: 011
  ['P, all slices alike', 0x98, false], // 5: 00110
  ['B, all slices alike', 0x9c, true], // 6: 00111
])('a slice of type %s', (_name, slice, expected) => {
  expect(isBFrame(unit([0x09, 0xf0], [0x41, slice, 0xff]))).toBe(expected);
});

test('a damaged picture is no keyframe', () => {
  const damaged = unit([6, 1], [0x65, 1, 2, 3]);
  expect(isKeyframe('h264', damaged.subarray(0, damaged.length - 1))).toBe(false);
});

test('start codes of three and four bytes and trailing zeros become lengths, and lengths start codes', () => {
  const annexB = Buffer.from('00000001670102' + '000001' + '68ff' + '0000' + '000001' + '650000030100', 'hex');
  const lengths = unit([0x67, 1, 2], [0x68, 0xff], [0x65, 0, 0, 3, 1]);
  expect(fromAnnexB(annexB)).toEqual(lengths);
  expect(toAnnexB(lengths).toString('hex')).toBe('00000001670102' + '0000000168ff' + '000000016500000301');
  expect(fromAnnexB(toAnnexB(lengths))).toEqual(lengths);
  expect(fromAnnexB(Buffer.from('0102'))).toHaveLength(0);
});

test('a damaged rest is left out of Annex B', () => {
  const damaged = unit([0x67, 1, 2], [0x65, 9]).subarray(0, 12);
  expect(toAnnexB(damaged).toString('hex')).toBe('00000001670102');
});

test.each([1, 2, 3])('lengths of %i bytes become lengths of four', (bytes) => {
  const nals = [[0x67, 1, 2], [0x65, 9, 9, 9]];
  const short = Uint8Array.from(nals.flatMap((nal) => [...Array<number>(bytes - 1).fill(0), nal.length, ...nal]));
  expect(withFourByteLengths(short, bytes)).toEqual(unit(...nals));
  expect(withFourByteLengths(short.subarray(0, short.length - 1), bytes)).toEqual(unit([0x67, 1, 2]));
});

test('lengths of four bytes are not touched', () => {
  const data = unit([0x67]);
  expect(withFourByteLengths(data, 4)).toBe(data);
});

test('random bytes are survived', () => {
  const random = seededRandom(1);
  for (let round = 0; round < 2000; round++) {
    const bytes = randomBytes(random, below(random, 60)).map((byte) => (random() < 0.7 ? byte & 3 : byte));
    forEachNal(bytes, (start, end) => expect(end > start && end <= bytes.length).toBe(true));
    expect(toAnnexB(bytes).length).toBeLessThanOrEqual(bytes.length);
    expect(forEachNal(fromAnnexB(bytes), () => undefined)).toBe(true);
    isKeyframe('h264', bytes);
    isKeyframe('hevc', bytes);
    withFourByteLengths(bytes, 1 + below(random, 3));
  }
});
