import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../src/media/format-error.js';
import { joinOpusPackets, padOpusPacket, readOpusPacket, splitOpusPacket, writeOpusPacket } from '../../../src/media/opus-packet.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';

/** Wideband SILK, 20 ms, mono: configuration 9. */
const silk20 = 9 << 3;
/** Wideband CELT, 20 ms, mono: configuration 23. */
const celt20 = 23 << 3;
const celt10 = 22 << 3;
const celt2 = 20 << 3;
const silk60 = 11 << 3;
const silk40 = 10 << 3;

function frame(length: number, fill = 7): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

function lengthsOf(packet: Uint8Array): number[] {
  return readOpusPacket(packet).frames.map(({ length }) => length);
}

function isSame(some: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return some.length === others.length && some.every((one, index) => Buffer.compare(one, others[index] ?? new Uint8Array()) === 0);
}

/** A packet from its header bytes and so many bytes behind them. */
function packet(header: readonly number[], behind = 0): Buffer {
  return Buffer.concat([Buffer.from(header), frame(behind)]);
}

describe('the first byte', () => {
  test.each([
    [[0, 4, 8], [10, 20, 40, 60]],
    [[12, 14], [10, 20]],
    [[16, 20, 24, 28], [2.5, 5, 10, 20]],
  ])('configurations from %j on have frames of %j ms', (firsts, durations) => {
    for (const first of firsts) {
      expect(durations.map((_, index) => readOpusPacket(packet([(first + index) << 3], 9)).frameMs)).toEqual(durations);
    }
  });

  test('tells stereo, and is passed on without the code of packing', () => {
    expect(readOpusPacket(packet([silk20 | 4 | 1], 8))).toMatchObject({ toc: silk20 | 4, stereo: true });
    expect(readOpusPacket(packet([silk20 | 3, 2], 8))).toMatchObject({ toc: silk20, stereo: false });
  });
});

describe('a packet is read', () => {
  test.each([
    ['code 0', [silk20], 50, [50]],
    ['code 0 without sound (DTX)', [silk20], 0, [0]],
    ['code 0 with the largest frame', [silk20], 1275, [1275]],
    ['code 1', [silk20 | 1], 50, [25, 25]],
    ['code 1 without sound', [silk20 | 1], 0, [0, 0]],
    ['code 2', [silk20 | 2, 10], 50, [10, 40]],
    ['code 2 with nothing in the second frame', [silk20 | 2, 50], 50, [50, 0]],
    ['code 2, length 252', [silk20 | 2, 252, 0], 300, [252, 48]],
    ['code 2, length 255', [silk20 | 2, 255, 0], 300, [255, 45]],
    ['code 2, length 256', [silk20 | 2, 252, 1], 300, [256, 44]],
    ['code 2, length 1275', [silk20 | 2, 255, 255], 1280, [1275, 5]],
    ['code 3, constant', [silk20 | 3, 3], 60, [20, 20, 20]],
    ['code 3, one frame', [silk20 | 3, 1], 60, [60]],
    ['code 3, constant, without sound', [silk20 | 3, 6], 0, [0, 0, 0, 0, 0, 0]],
    ['code 3, variable', [silk20 | 3, 0x83, 10, 20], 60, [10, 20, 30]],
    ['code 3, variable, one frame', [silk20 | 3, 0x81], 60, [60]],
    ['code 3, variable, two-byte length', [silk20 | 3, 0x83, 255, 1, 20], 300, [259, 20, 21]],
    ['code 3, 48 frames of 2.5 ms', [celt2 | 3, 48], 96, new Array(48).fill(2)],
    ['code 3, constant, 4 bytes of padding', [silk20 | 3, 0x43, 4], 64, [20, 20, 20]],
    ['code 3, constant, no padding after all', [silk20 | 3, 0x43, 0], 60, [20, 20, 20]],
    ['code 3, constant, 254 bytes of padding', [silk20 | 3, 0x43, 254], 60 + 254, [20, 20, 20]],
    ['code 3, constant, 254 bytes of padding in two bytes', [silk20 | 3, 0x43, 255, 0], 60 + 254, [20, 20, 20]],
    ['code 3, constant, 518 bytes of padding', [silk20 | 3, 0x43, 255, 255, 10], 60 + 518, [20, 20, 20]],
    ['code 3, variable, padding', [silk20 | 3, 0xc3, 5, 10, 20], 65, [10, 20, 30]],
    ['code 3, padding and nothing else', [silk20 | 3, 0x42, 9], 9, [0, 0]],
  ])('%s', (_, header, behind, lengths) => {
    expect(lengthsOf(packet(header, behind))).toEqual(lengths);
  });

  test('each frame has its own bytes, and padding is none of them', () => {
    const { frames } = readOpusPacket(Buffer.from([celt20 | 3, 0xc3, 2, 1, 2, 11, 21, 22, 31, 32, 33, 0, 0]));
    expect(frames.map((found) => [...found])).toEqual([[11], [21, 22], [31, 32, 33]]);
  });
});

describe('a packet is refused that breaks rule (RFC 6716 3.4)', () => {
  test.each([
    ['R1: no byte', [], 0],
    ['R2: one frame over 1275 bytes', [silk20], 1276],
    ['R2: two frames over 1275 bytes', [silk20 | 1], 2552],
    ['R2: the second of two frames over 1275 bytes', [silk20 | 2, 1], 1 + 1276],
    ['R2: constant frames over 1275 bytes', [silk20 | 3, 2], 2552],
    ['R2: the last of variable frames over 1275 bytes', [silk20 | 3, 0x82, 1], 1 + 1276],
    ['R3: code 1 with an odd number of bytes', [silk20 | 1], 3],
    ['R4: code 2 without a length', [silk20 | 2], 0],
    ['R4: code 2 with half a length', [silk20 | 2, 252], 0],
    ['R4: code 2 with less than its length', [silk20 | 2, 10], 9],
    ['R5: no frames', [silk20 | 3, 0], 0],
    ['R5: no frames, variable, with padding', [silk20 | 3, 0xc0, 1], 1],
    ['R5: 140 ms', [silk20 | 3, 7], 7],
    ['R5: 122.5 ms', [celt2 | 3, 49], 49],
    ['R5: 180 ms', [silk60 | 3, 0x83, 1, 1], 3],
    ['R6: no count', [silk20 | 3], 0],
    ['R6: constant frames that do not share the bytes', [silk20 | 3, 3], 61],
    ['R6: padding left out that was said', [silk20 | 3, 0x43], 0],
    ['R6: padding that goes on without end', [silk20 | 3, 0x43, 255, 255], 0],
    ['R6: more padding than bytes', [silk20 | 3, 0x43, 10], 9],
    ['R6: more padding than bytes, one frame', [silk20 | 3, 0x41, 10], 9],
    ['R6: constant frames that do not share what the padding leaves', [silk20 | 3, 0x42, 10], 13],
    ['R7: lengths left out', [silk20 | 3, 0x83], 0],
    ['R7: half a length', [silk20 | 3, 0x83, 1, 252], 0],
    ['R7: less than the lengths', [silk20 | 3, 0x83, 10, 20], 29],
    ['R7: lengths that reach into the padding', [silk20 | 3, 0xc3, 5, 10, 20], 34],
    ['R7: padding where the lengths would be', [silk20 | 3, 0xc3, 2, 1, 1], 0],
  ])('%s', (_, header, behind) => {
    expect(() => readOpusPacket(packet(header, behind))).toThrow(FormatError);
  });

  test('and nothing worse comes of random and mutated bytes', () => {
    const random = seededRandom(6716);
    let read = 0;
    for (let run = 0; run < 10_000; run++) {
      const bytes = randomBytes(random, below(random, run % 8 === 0 ? 700 : 12));
      if (run % 3 === 0 && bytes.length > 1) {
        bytes[0] = (bytes[0] ?? 0) | 3;
        bytes[1] = (bytes[1] ?? 0) & 0xc7;
      }
      try {
        const { toc, frames, frameMs } = readOpusPacket(bytes);
        read += 1;
        const written = writeOpusPacket({ toc, frames });
        const lengths = frames.map(({ length }) => length);
        const isSound = frames.length * frameMs <= 120 && Math.max(...lengths) <= 1275 && written.length <= bytes.length;
        expect(isSound && isSame(readOpusPacket(written).frames, frames)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    expect(read).toBeGreaterThan(2000);
  });
});

/** RFC 6716 3.2.1, written down once more. */
function lengthBytes(length: number): number[] {
  return length < 252 ? [length] : [252 + (length % 4), Math.floor((length - 252) / 4)];
}

/** The same frames in all ways that the format has. */
function everyPacking(toc: number, frames: readonly Uint8Array[]): Buffer[] {
  const equal = frames.every(({ length }) => length === frames[0]?.length);
  const lengths = frames.slice(0, -1).flatMap(({ length }) => lengthBytes(length));
  const headers = [
    [toc | 3, 0x80 | frames.length, ...lengths],
    ...(equal ? [[toc | 3, frames.length]] : []),
    ...(frames.length === 1 ? [[toc]] : []),
    ...(frames.length === 2 ? [[toc | 2, ...lengths]] : []),
    ...(frames.length === 2 && equal ? [[toc | 1]] : []),
  ];
  return headers.map((header) => Buffer.concat([Buffer.from(header), ...frames]));
}

describe('a packet is written', () => {
  test.each([
    [[0], [silk20]],
    [[252], [silk20]],
    [[5, 5], [silk20 | 1]],
    [[251, 5], [silk20 | 2, 251]],
    [[252, 5], [silk20 | 2, 252, 0]],
    [[253, 5], [silk20 | 2, 253, 0]],
    [[255, 5], [silk20 | 2, 255, 0]],
    [[256, 5], [silk20 | 2, 252, 1]],
    [[1275, 5], [silk20 | 2, 255, 255]],
    [[5, 1275], [silk20 | 2, 5]],
    [[300, 300, 300], [silk20 | 3, 3]],
    [[300, 301, 1], [silk20 | 3, 0x83, 252, 12, 253, 12]],
    [[0, 0, 0, 0, 0, 0], [silk20 | 3, 6]],
  ])('with frames of %j bytes it begins with %j', (lengths, header) => {
    const frames = lengths.map((length, index) => frame(length, index));
    expect(writeOpusPacket({ toc: silk20, frames })).toEqual(Buffer.concat([Buffer.from(header), ...frames]));
  });

  test('as short as it can be, and is read as it was', () => {
    const random = seededRandom(3);
    const sizes = [0, 1, 30, 251, 252, 253, 254, 255, 256, 257, 600, 1274, 1275];
    for (let run = 0; run < 600; run++) {
      const toc = below(random, 32) << 3 | (below(random, 2) * 4);
      const most = 120 / readOpusPacket(Uint8Array.of(toc)).frameMs;
      const oneSize = below(random, 2) === 0 ? sizes[below(random, sizes.length)] : undefined;
      const frames = Array.from({ length: 1 + below(random, most) }, () => frame(oneSize ?? sizes[below(random, sizes.length)] ?? 0, below(random, 256)));
      const written = writeOpusPacket({ toc, frames });
      const ways = everyPacking(toc, frames);
      expect(written.length).toBe(Math.min(...ways.map(({ length }) => length)));
      for (const way of [written, ...ways]) {
        const read = readOpusPacket(way);
        expect(read.toc === toc && isSame(read.frames, frames)).toBe(true);
      }
    }
  });

  test.each([
    ['no frames', silk20, []],
    ['more than 120 ms', silk20, [1, 1, 1, 1, 1, 1, 1]],
    ['a frame over 1275 bytes', silk20, [1276]],
    ['a frame over 1275 bytes among others', silk20, [1, 1276, 1]],
  ])('not with %s', (_, toc, lengths) => {
    expect(() => writeOpusPacket({ toc, frames: lengths.map((length) => frame(length)) })).toThrow(RangeError);
  });
});

describe('packets are joined', () => {
  test('frame after frame, also from packets with several', () => {
    const parts = [packet([silk20 | 3, 0xc2, 3, 2], 8), packet([silk20], 4), packet([silk20 | 1], 10)];
    expect(lengthsOf(joinOpusPackets(parts))).toEqual([2, 3, 4, 5, 5]);
  });

  test.each([
    ['the mode of most frames stays, the other is left out', [packet([silk20], 30), packet([celt20], 40), packet([celt20], 41)], celt20, [0, 40, 41]],
    ['of two modes with as many frames the first stays', [packet([silk20], 30), packet([celt20], 40)], silk20, [30, 0]],
    ['frames without sound do not count', [packet([silk20]), packet([silk20]), packet([celt20], 40)], celt20, [0, 0, 40]],
    ['what is left out lasts as long in smaller frames', [packet([silk20], 30), packet([celt10 | 3, 4], 80)], celt10, [0, 0, 20, 20, 20, 20]],
    ['a smaller frame among larger ones decides where it must', [packet([silk20], 30), packet([silk20], 30), packet([celt10], 10)], celt10, [0, 0, 0, 0, 10]],
    ['mono and stereo do not mix', [packet([silk20], 30), packet([silk20 | 4], 40), packet([silk20], 31)], silk20, [30, 0, 31]],
  ])('%s', (_, parts, toc, lengths) => {
    const joined = readOpusPacket(joinOpusPackets(parts));
    expect(joined.toc).toBe(toc);
    expect(joined.frames.map(({ length }) => length)).toEqual(lengths);
    const lasts = (read: { readonly frameMs: number; readonly frames: readonly Uint8Array[] }): number => read.frameMs * read.frames.length;
    expect(lasts(joined)).toBe(parts.map(readOpusPacket).reduce((sum, part) => sum + lasts(part), 0));
  });

  test.each([
    ['nothing', []],
    ['more than 120 ms', [packet([silk60], 9), packet([silk60], 9), packet([silk60], 9)]],
    ['frames of 40 and 60 ms', [packet([silk40], 9), packet([silk60], 9)]],
  ])('not out of %s', (_, parts) => {
    expect(() => joinOpusPackets(parts)).toThrow(RangeError);
  });

  test('not with one that is damaged', () => {
    expect(() => joinOpusPackets([packet([silk20], 30), packet([silk20 | 1], 3)])).toThrow(FormatError);
  });
});

describe('a packet is split', () => {
  test('into as many frames as asked, each packet in its shortest form', () => {
    const whole = packet([silk20 | 3, 0x84, 1, 1, 2], 9);
    expect(splitOpusPacket(whole, 1)?.map((part) => [...part.subarray(0, 1), part.length])).toEqual([1, 1, 2, 5].map((length) => [silk20, 1 + length]));
    expect(splitOpusPacket(whole, 2)?.map(lengthsOf)).toEqual([[1, 1], [2, 5]]);
    expect(splitOpusPacket(whole, 4)?.map(lengthsOf)).toEqual([[1, 1, 2, 5]]);
  });

  test('not where its frames do not go up in it', () => {
    const whole = packet([silk20 | 3, 3], 9);
    expect(splitOpusPacket(whole, 2)).toBeUndefined();
    expect(splitOpusPacket(whole, 4)).toBeUndefined();
  });

  test.each([0, -1, 1.5, Number.NaN])('not into packets of %d frames', (frameCount) => {
    expect(() => splitOpusPacket(packet([silk20], 9), frameCount)).toThrow(RangeError);
  });

  test('what was joined comes apart again as it was', () => {
    const random = seededRandom(11);
    for (let run = 0; run < 200; run++) {
      const toc = below(random, 32) << 3;
      const most = Math.min(6, 120 / readOpusPacket(Uint8Array.of(toc)).frameMs);
      const parts = Array.from({ length: 1 + below(random, most) }, () => Buffer.concat([Buffer.of(toc), randomBytes(random, below(random, 400))]));
      expect(splitOpusPacket(joinOpusPackets(parts), 1)).toEqual(parts);
    }
  });
});

describe('a packet is padded', () => {
  test.each([
    ['one frame', [silk20], 5],
    ['two equal frames', [silk20 | 1], 10],
    ['two different frames', [silk20 | 2, 3], 10],
    ['constant frames', [silk20 | 3, 3], 9],
    ['variable frames', [silk20 | 3, 0x83, 1, 2], 9],
    ['a two-byte length', [silk20 | 2, 252, 0], 300],
    ['padding already', [silk20 | 3, 0x41, 2], 7],
  ])('to every length, with %s', (_, header, behind) => {
    const whole = packet(header, behind);
    const { toc, frames } = readOpusPacket(whole);
    const shortest = writeOpusPacket({ toc, frames }).length;
    for (let bytes = shortest; bytes < shortest + 800; bytes++) {
      const padded = padOpusPacket(whole, bytes);
      const read = readOpusPacket(padded);
      expect(padded.length === bytes && read.toc === toc && isSame(read.frames, frames)).toBe(true);
    }
    expect(() => padOpusPacket(whole, shortest - 1)).toThrow(RangeError);
  });

  test('with zeros', () => {
    expect(padOpusPacket(packet([silk20], 2), 7)).toEqual(Buffer.from([silk20 | 3, 0x41, 2, 7, 7, 0, 0]));
  });
});
