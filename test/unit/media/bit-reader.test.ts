import { expect, test } from '@jest/globals';
import { BitReader, rbspOf } from '../../../src/media/bit-reader.js';
import { FormatError } from '../../../src/media/format-error.js';
import { BitWriter } from './bit-writer.js';

test('emulation prevention bytes are taken out, and only those', () => {
  const nal = Uint8Array.of(0x67, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3, 5, 0, 3, 0, 0, 3);
  expect([...rbspOf(nal, 1)]).toEqual([0, 0, 1, 0, 0, 0, 0, 3, 5, 0, 3, 0, 0]);
});

test('Exp-Golomb codes up to the largest are read as written', () => {
  const unsigned = [0, 1, 2, 3, 7, 255, 65_535, 2 ** 31 - 1, 2 ** 32 - 2];
  const signed = [0, 1, -1, 2, -2, 1000, -1000];
  const bits = new BitReader(rbspOf(new BitWriter().ue(...unsigned).se(...signed).u(32, 0xfedcba98).toNal(0x67), 1));
  expect(unsigned.map(() => bits.ue())).toEqual(unsigned);
  expect(signed.map(() => bits.se())).toEqual(signed);
  expect(bits.u(32)).toBe(0xfedcba98);
});

test.each([
  ['a bit', (bits: BitReader) => bits.u(1)],
  ['a skip', (bits: BitReader) => bits.skip(1)],
  ['a code', (bits: BitReader) => bits.ue()],
])('%s past the end is a FormatError', (_, read) => {
  const bits = new BitReader(Uint8Array.of(0xff));
  bits.skip(8);
  expect(() => read(bits)).toThrow(FormatError);
});

test('a code of nothing but zeros, or of more than 32 bits, is a FormatError', () => {
  expect(() => new BitReader(new Uint8Array(100)).ue()).toThrow(FormatError);
  expect(() => new BitReader(new Uint8Array(100).fill(0xff, 4)).ue()).toThrow(FormatError);
});
