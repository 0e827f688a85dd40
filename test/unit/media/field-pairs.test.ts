import { expect, test } from '@jest/globals';
import { FieldPairs } from '../../../src/media/field-pairs.js';
import { fromAnnexB, joinNals } from '../../../src/media/nal.js';
import { videoFormatFromParameterSets } from '../../../src/media/video-format.js';
import { seededRandom } from '../../support/seeded-random.js';
import { BitWriter } from './bit-writer.js';
import { h264Sps } from './hand-made-sps.js';

const sps = (framesOnly: boolean, more: object): Uint8Array =>
  h264Sps({ profileIdc: 77, constraints: 0, levelIdc: 40, pocType: 0, widthMbs: 45, heightMapUnits: 18, framesOnly, crop: [0, 0, 0, 0], ...more });
const format = (framesOnly: boolean, more = {}) => videoFormatFromParameterSets('h264', [sps(framesOnly, more), Uint8Array.of(0x68, 0xce, 0x3c, 0x80)]);
const mayBeFields = format(false);

/** 'top' and 'bottom' are fields, with 4 bits of frame_num as in the SPS. */
function slice(parity: 'top' | 'bottom' | 'frame', frameNumber: number, { idr = false } = {}): { readonly data: Uint8Array; readonly name: string } {
  const bits = new BitWriter().ue(0, 7, 0).u(4, frameNumber).u(1, parity === 'frame' ? 0 : 1);
  const whole = parity === 'frame' ? bits : bits.u(1, parity === 'bottom' ? 1 : 0);
  return { data: joinNals([whole.u(16, 0xabcd).toNal(idr ? 0x65 : 0x41)]), name: `${parity} ${frameNumber}${idr ? ' idr' : ''}` };
}

/** The names of what came out, the bytes of which are those of what went in. */
function paired(slices: readonly ReturnType<typeof slice>[], of = mayBeFields): string[] {
  const pairs = new FieldPairs<{ readonly data: Uint8Array; readonly name: string }>();
  return slices.flatMap((each) => pairs.take(of, each)).map(({ data, name }) => `${name}: ${data.length / slice('top', 0).data.length}`);
}

test('an SPS with frame_mbs_only_flag 0 makes a format whose pictures may be fields, and no other does', () => {
  expect(mayBeFields).toMatchObject({ mayBeFields: true });
  expect(mayBeFields.interlaced).toBeUndefined();
  expect(format(true).mayBeFields).toBeUndefined();
});

test('one with mb_adaptive_frame_field_flag 1 makes an interlaced format', () => {
  expect(format(false, { fieldsInside: true })).toMatchObject({ mayBeFields: true, interlaced: true });
});

test('fields are seen where two have come, and not in whole pictures or in one that may be damaged', () => {
  const seen = (...slices: readonly ReturnType<typeof slice>[]): boolean => {
    const pairs = new FieldPairs<ReturnType<typeof slice>>();
    slices.forEach((each) => pairs.take(mayBeFields, each));
    return pairs.seen;
  };
  expect(seen(slice('top', 0), slice('bottom', 0), slice('frame', 1))).toBe(true);
  expect(seen(slice('frame', 0), slice('top', 1), slice('frame', 2))).toBe(false);
});

test('two fields of a picture become one access unit, with the time of the first', () => {
  expect(paired([slice('top', 0, { idr: true }), slice('bottom', 0), slice('top', 1), slice('bottom', 1), slice('top', 2)])).toEqual(['top 0 idr: 2', 'top 1: 2']);
});

test('the bottom field may come first', () => {
  expect(paired([slice('bottom', 3), slice('top', 3), slice('bottom', 4)])).toEqual(['bottom 3: 2']);
});

test('a field whose other one was lost goes out alone', () => {
  expect(paired([slice('top', 0), slice('top', 1), slice('bottom', 1), slice('bottom', 2), slice('bottom', 3), slice('frame', 4)])).toEqual(['top 0: 1', 'top 1: 2', 'bottom 2: 1', 'bottom 3: 1', 'frame 4: 1']);
});

test('an IDR picture is never the second field', () => {
  expect(paired([slice('top', 0), slice('bottom', 0, { idr: true }), slice('top', 0)])).toEqual(['top 0: 1', 'bottom 0 idr: 2']);
});

test('whole pictures wait for nothing, interlaced or not', () => {
  expect(paired([slice('frame', 0, { idr: true }), slice('frame', 1)])).toEqual(['frame 0 idr: 1', 'frame 1: 1']);
  expect(paired([slice('top', 0), slice('bottom', 0)], format(true))).toEqual(['top 0: 1', 'bottom 0: 1']);
});

test('both fields of one access unit stay one', () => {
  const both = { data: Buffer.concat([slice('top', 0).data, slice('bottom', 0).data]), name: 'both' };
  const pairs = new FieldPairs<typeof both>();
  expect([both, both, both].flatMap((each) => pairs.take(mayBeFields, each))).toHaveLength(2);
});

test('random bytes are survived', () => {
  const random = seededRandom(2);
  const pairs = new FieldPairs<{ readonly data: Uint8Array }>();
  for (let round = 0; round < 2_000; round++) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256));
    pairs.take(mayBeFields, { data: round % 2 === 0 ? bytes : fromAnnexB(Buffer.concat([Buffer.of(0, 0, 1, 0x41), bytes])) });
  }
});
