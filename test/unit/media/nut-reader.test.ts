import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../src/media/format-error.js';
import { NutReader, type NutPicture } from '../../../src/media/nut-reader.js';
import { nutFrameHeader, nutHeader } from '../../../src/media/nut-writer.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';
import { headers, packet, plainFrameCodes, v, withChecksum } from './hand-made-nut.js';

interface Read {
  readonly timeMs: number;
  readonly bytes: number[];
}

/** Reads it in one piece. */
function read(...parts: readonly Uint8Array[]): Read[] {
  const { reader, pictures } = keeping();
  parts.forEach((part) => reader.push(part));
  return pictures;
}

function keeping(): { reader: NutReader; pictures: Read[] } {
  const pictures: Read[] = [];
  let room = new Uint8Array();
  const reader = new NutReader({
    room: ({ bytes }) => (room = new Uint8Array(bytes)),
    onPicture: ({ timeMs }) => void pictures.push({ timeMs, bytes: [...room] }),
  });
  return { reader, pictures };
}

/** 4x2, all bytes the same. */
const picture = (value: number): Buffer => Buffer.alloc(12, value);
const pixels = (value: number): number[] => [...picture(value)];
const syncpoint = (time: number): Buffer => packet('syncpoint', v(time, 0));
/** Of `headers()`: code 0, a time with all its bits, 12 bytes. */
const frame = (time: number, value: number, span = 128): Buffer => Buffer.concat([Buffer.from([0, ...v(time + span, 12)]), picture(value)]);

function failure(...parts: readonly Uint8Array[]): string {
  try {
    read(...parts);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  return 'nothing';
}

describe('pictures', () => {
  const bytes = 64 * 36 * 1.5;
  const content = Array.from({ length: 5 }, (_, index) => Buffer.alloc(bytes, index + 1));
  const stream = Buffer.concat([nutHeader({ width: 64, height: 36 }), ...content.flatMap((each, index) => [nutFrameHeader(1_000 + index * 33.4, bytes), each])]);

  test.each([1, 2, 7, 100, 4095, 4096, 4097, stream.length])('come out the same when they come in pieces of %i bytes', (size) => {
    const { reader, pictures } = keeping();
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream.subarray(at, at + size));
    }
    expect(pictures.map((each) => each.timeMs)).toEqual([1_000, 1_033.4, 1_066.8, 1_100.2, 1_133.6]);
    expect(pictures.every((each, index) => Buffer.from(each.bytes).equals(content[index] ?? Buffer.alloc(0)))).toBe(true);
  });

  test('are read straight into their room, but for what comes with the header', () => {
    const room = new Uint8Array(new SharedArrayBuffer(bytes + 10));
    const seen: NutPicture[] = [];
    const reader = new NutReader({ room: () => room, onPicture: (each) => seen.push(each) });
    const start = stream.subarray(0, stream.indexOf(content[0] ?? '') + 100);
    reader.push(start);
    const target = reader.target();
    expect(target.buffer).toBe(room.buffer);
    expect([target.byteOffset, target.length]).toEqual([100, bytes - 100]);
    target.fill(1);
    reader.filled(bytes - 101);
    expect(seen).toEqual([]);
    reader.filled(1);
    expect(seen).toEqual([{ width: 64, height: 36, bytes, timeMs: 1_000 }]);
    expect([...room.subarray(0, bytes)].every((byte) => byte === 1)).toBe(true);
    expect([...room.subarray(bytes)]).toEqual(Array(10).fill(0));
  });

  test.each([50, 5_000, 1_000_000])('without room are read past, and the next one is whole (pieces of %i bytes)', (size) => {
    const times: number[] = [];
    let asked = 0;
    let room: Uint8Array | undefined;
    const reader = new NutReader({
      room: (each) => (room = asked++ % 2 === 0 ? undefined : new Uint8Array(each.bytes)),
      onPicture: (each) => {
        times.push(each.timeMs);
        expect(new Set(room)).toEqual(new Set([asked]));
      },
    });
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream.subarray(at, at + size));
    }
    expect(times).toEqual([1_033.4, 1_100.2]);
  });

  test('a room that is too small, or more bytes than there was a target for, is a mistake of the caller', () => {
    const reader = new NutReader({ room: () => new Uint8Array(10), onPicture: () => undefined });
    expect(() => reader.filled(100_000)).toThrow(RangeError);
    expect(() => reader.push(stream)).toThrow(RangeError);
  });
});

describe('times', () => {
  test('short ones are the lowest bits of a time near the last one', () => {
    const short = (lowest: number): Buffer => Buffer.concat([Buffer.from([0, ...v(lowest, 12)]), picture(1)]);
    const pictures = read(headers(), syncpoint(1_000), short(1_010 % 128), short(1_070 % 128), short(1_030 % 128));
    expect(pictures.map((each) => each.timeMs)).toEqual([1_010, 1_070, 1_030]);
  });

  test('complete ones go anywhere', () => {
    expect(read(headers(), syncpoint(0), frame(3_600_000, 1), frame(20, 2)).map((each) => each.timeMs)).toEqual([3_600_000, 20]);
  });

  test('a frame code may say how long after the last one', () => {
    const codes = v(1 | 32, 6, 79, 1, 0, 0, 0, 255); // +40
    const next = Buffer.concat([Buffer.from([0, ...v(12)]), picture(1)]);
    expect(read(headers({ frameCodes: codes }), syncpoint(500), next, next).map((each) => each.timeMs)).toEqual([540, 580]);
  });

  test('a syncpoint may count in another time base', () => {
    const codes = v(1 | 32, 6, 0, 1, 0, 0, 0, 255);
    const next = Buffer.concat([Buffer.from([0, ...v(12)]), picture(1)]);
    // Time bases of 1/1000 and 1/25; coded is ticks * 2 + which.
    expect(read(headers({ timeBases: [1, 1_000, 1, 25], frameCodes: codes }), syncpoint(30 * 2 + 1), next).map((each) => each.timeMs)).toEqual([1_200]);
  });
});

describe('what FFmpeg may write around pictures', () => {
  test('headers, information and an index are repeated and passed over', () => {
    const again = headers().subarray(25);
    const long = packet('info', Array<number>(9_000).fill(7));
    expect(read(headers(), packet('info', [1, 2, 3]), syncpoint(0), frame(1, 1), again, long, packet('index', [1]), syncpoint(1), frame(2, 2))).toEqual([
      { timeMs: 1, bytes: pixels(1) },
      { timeMs: 2, bytes: pixels(2) },
    ]);
  });

  test('flags of a frame of its own, with all the fields they bring', () => {
    const flags = 1 | 8 | 16 | 32 | 64 | 128 | 1024 | 2048;
    const codes = v(4096, 6, 0, 1, 0, 0, 0, 255);
    // Flags, stream, time, size, match time, elision header, two reserved fields.
    const header = [0, ...v(flags, 0, 128 + 70, 12, 5, 0, 2, 300, 4)];
    expect(read(headers({ frameCodes: codes }), syncpoint(0), withChecksum(header), picture(3))).toEqual([{ timeMs: 70, bytes: pixels(3) }]);
  });

  test('a frame code may hold part of the size', () => {
    // 40 codes for sizes 7 to 46 without a coded size, then the plain ones.
    const codes = [...v(1 | 8, 6, 0, 60, 0, 7, 0, 40), ...v(1 | 8 | 32, 6, 0, 1, 0, 0, 0, 215)];
    expect(read(headers({ frameCodes: codes }), syncpoint(0), Buffer.from([5, ...v(128 + 3)]), picture(4), Buffer.from([40, ...v(128 + 9, 12)]), picture(5))).toEqual([
      { timeMs: 3, bytes: pixels(4) },
      { timeMs: 9, bytes: pixels(5) },
    ]);
  });

  test('a small picture may leave out how it begins', () => {
    const codes = v(1 | 8 | 32, 8, 0, 1, 0, 0, 0, 255, 0, 2);
    const nut = [headers({ frameCodes: codes, elision: [[9, 9], [1, 2, 3]] }), syncpoint(0), Buffer.from([0, ...v(128, 12)]), Buffer.alloc(9, 7)];
    expect(read(...nut).map((each) => each.bytes)).toEqual([[1, 2, 3, ...Array<number>(9).fill(7)]]);
  });

  test('the end of a stream\'s relevance is no picture', () => {
    const codes = v(4096, 6, 0, 1, 0, 0, 0, 255);
    const end = Buffer.from([0, ...v(1 | 2 | 8, 128 + 1)]);
    const one = Buffer.concat([Buffer.from([0, ...v(1 | 8 | 32, 128 + 2, 12)]), picture(1)]);
    expect(read(headers({ frameCodes: codes }), syncpoint(0), end, one).map((each) => each.timeMs)).toEqual([2]);
  });
});

describe('what is no such stream is a FormatError', () => {
  test.each([
    ['another format', [Buffer.from('FLV\x01')], 'no NUT stream'],
    ['a version of the future', [headers({ version: [5] })], 'NUT of version 5'],
    ['sound besides', [headers({ streams: 2 })], '2 streams in place of one'],
    ['a time base of nothing', [headers({ timeBases: [1, 0] })], 'a time base of 1/0'],
    ['another picture format', [headers({ tag: 'NV12' })], 'pictures of format "NV12" in place of I420'],
    ['pictures of nothing', [headers({ width: 0 })], 'pictures of 0x2'],
    ['pictures beyond 8K', [headers({ width: 7680, height: 4322 })], 'pictures of 7680x4322'],
    ['a very long picture', [headers({ width: 7682, height: 2 })], 'pictures of 7682x2'],
    ['too many frame codes', [headers({ frameCodes: v(1, 6, 0, 1, 0, 0, 0, 256) })], 'a table of frame codes that does not add up'],
    ['syncpoints with the time of day', [headers({ version: [4, 0], mainFlags: [1] })], 'main header flags 1'],
    ['a stream before the main header', [Buffer.concat([headers().subarray(0, 25), packet('stream', [0])])], 'no main header'],
    ['a picture before any header', [headers().subarray(0, 25), Buffer.from([1])], 'no main header'],
    ['an unknown packet', [headers(), Buffer.from('NZ012345\x05abcde')], 'no packet where one should begin'],
    ['a packet without end', [headers(), packet('info', Array<number>(40_000).fill(0)).subarray(0, 20)], 'no packet where one should begin'],
    ['a damaged packet', [headers(), damaged(packet('syncpoint', v(1, 0)), 10)], 'a damaged syncpoint packet'],
    ['a packet that ends within a field', [headers(), packet('syncpoint', [0])], 'a syncpoint packet that ends too early'],
    ['a picture that is too large', [headers(), Buffer.from([0, ...v(128, 13)])], 'a picture of 13 bytes, where 4x2 has 12'],
    ['an empty picture', [headers(), Buffer.from([0, ...v(128, 0)])], 'a picture of 0 bytes, where 4x2 has 12'],
    ['an enormous picture', [headers(), Buffer.from([0, ...v(128, 2 ** 50)])], `a picture of ${2 ** 50} bytes, where 4x2 has 12`],
    ['a number without end', [headers(), Buffer.from([0, ...Array<number>(20).fill(0x80)])], 'a number over 2^53'],
    ['a number over 2^53', [headers(), Buffer.from([0, 0x90, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])], 'a number over 2^53'],
    ['a frame header without end', [headers({ frameCodes: v(128, 6, 0, 1, 0, 0, 0, 255) }), Buffer.from([0, ...v(2_000)]), Buffer.alloc(1_500, 1)], 'a frame header without end'],
    ['a frame code that stands for nothing', [headers({ frameCodes: v(8192, 6, 0, 1, 0, 0, 0, 255) }), Buffer.from([0])], 'a frame code that stands for nothing'],
    ['a damaged frame header', [headers({ frameCodes: v(1 | 8 | 32 | 64, 6, 0, 1, 0, 0, 0, 255) }), damaged(withChecksum([0, ...v(128, 12)]), 1)], 'a damaged frame header'],
    ['an elision header that is not there', [headers({ frameCodes: v(1 | 8 | 32, 8, 0, 1, 0, 0, 0, 255, 0, 1) }), Buffer.from([0, ...v(128, 12)])], 'an elision header that is not there'],
    ['a time before 0', [headers({ frameCodes: v(1 | 32, 6, 2, 1, 0, 0, 0, 255) }), Buffer.from([0, ...v(12)])], 'a picture without a time'],
  ])('%s', (_, parts, message) => {
    expect(failure(...parts)).toBe(message);
  });

  test('for ever, and its memory stays to be read into', () => {
    const { reader } = keeping();
    expect(() => reader.push(Buffer.from('something else'))).toThrow(FormatError);
    expect(reader.target().length).toBeGreaterThan(0);
    expect(() => reader.filled(1)).toThrow(FormatError);
    expect(() => reader.push(headers())).toThrow(FormatError);
  });
});

function damaged(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('damaged bytes', () => {
  const random = seededRandom(20261122);
  const start = [headers({ frameCodes: [...v(1 | 8, 6, 0, 60, 0, 7, 0, 40), ...v(4096 | 1 | 8 | 32, 6, 0, 1, 0, 0, 0, 100), ...plainFrameCodes.slice(0, -2), ...v(115)], elision: [[1, 2]] }), packet('info', [1, 2, 3])];
  const pictures = Array.from({ length: 6 }, (_, index) => [syncpoint(index * 40), Buffer.from([5, ...v(index * 40 + 128)]), picture(index), Buffer.from([141, ...v(index * 40 + 148, 12)]), picture(index)]);
  const whole = Buffer.concat([...start, ...pictures.flat()]);

  test('are whole to begin with', () => {
    expect(read(whole)).toHaveLength(12);
  });

  test('end in a FormatError or are passed over, and never go outside of the room', () => {
    for (let round = 0; round < 4_000; round++) {
      const bytes = Buffer.from(whole);
      for (let count = below(random, 4); count >= 0; count--) {
        const at = below(random, bytes.length);
        bytes.set(below(random, 2) === 0 ? [below(random, 256)] : randomBytes(random, Math.min(1 + below(random, 9), bytes.length - at)), at);
      }
      const cut = below(random, 10) === 0 ? bytes.subarray(below(random, bytes.length)) : bytes;
      const memory = new Uint8Array(64).fill(0xee);
      const reader = new NutReader({ room: (each) => (below(random, 4) === 0 ? undefined : memory.subarray(20, 20 + each.bytes)), onPicture: () => undefined });
      try {
        for (let at = 0; at < cut.length; ) {
          const size = 1 + below(random, 60);
          reader.push(cut.subarray(at, at + size));
          at += size;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
      expect([...memory.subarray(0, 20), ...memory.subarray(32)].every((byte) => byte === 0xee)).toBe(true);
    }
  });
});
