import { describe, expect, jest, test } from '@jest/globals';
import type { AccessUnit, VideoFormat } from '../../../src/media/access-unit.js';
import { joinNals } from '../../../src/media/nal.js';
import { writeFragment, writeInit } from '../../../src/media/fmp4-writer.js';
import { videoFormatFromParameterSets } from '../../../src/media/video-format.js';
import { PacketStream } from '../../../src/pipeline/packet-stream.js';
import { UnitAssembler } from '../../../src/pipeline/unit-assembler.js';
import { BitWriter } from '../media/bit-writer.js';
import { h264Sps } from '../media/hand-made-sps.js';

const sps = h264Sps({ profileIdc: 77, constraints: 0, levelIdc: 40, pocType: 0, widthMbs: 40, heightMapUnits: 22, framesOnly: true, crop: [0, 0, 0, 0] });
const format = videoFormatFromParameterSets('h264', [sps, Uint8Array.of(0x68, 0xce, 0x3c, 0x80)]);
const ticksPerMs = 90;

test('a time for showing that is far from the one for decoding is not believed: FFmpeg says so for a moment where a clock jumps', () => {
  jest.useFakeTimers();
  const packets = new PacketStream();
  const assembler = new UnitAssembler(packets);
  const reader = packets.read(() => undefined);
  assembler.push(Buffer.concat([writeInit({ ...format, timescale: 90_000 })]), 0);
  const offsetsMs = [0, 0, 200, 0, 3_600_000, 0];
  offsetsMs.forEach((offsetMs, index) => {
    const sample = { data: joinNals([Uint8Array.of(index === 0 ? 0x65 : 0x41, 0x88)]), durationTicks: 0, keyframe: index === 0, compositionOffsetTicks: offsetMs * ticksPerMs };
    assembler.push(Buffer.concat(writeFragment({ sequence: index + 1, samples: [sample], baseDecodeTimeTicks: index * 100 * ticksPerMs })), 1_000 + index * 100);
    jest.advanceTimersByTime(100);
  });
  jest.useRealTimers();
  const times: number[] = [];
  for (let unit = reader.next(); unit; unit = reader.next()) {
    times.push(Math.round(unit.timeMs - unit.decodeTimeMs));
  }
  expect(times).toEqual([0, 0, 200, 0, 0, 0]);
});

/** What becomes of pictures that come 100 ms apart, each a sample. */
function assembled(of: VideoFormat, samples: readonly Uint8Array[]): AccessUnit[] {
  jest.useFakeTimers();
  const packets = new PacketStream();
  const assembler = new UnitAssembler(packets);
  const reader = packets.read(() => undefined);
  assembler.push(Buffer.concat([writeInit({ ...of, timescale: 90_000 })]), 0);
  samples.forEach((data, index) => {
    const sample = { data, durationTicks: 0, keyframe: true, compositionOffsetTicks: 0 };
    assembler.push(Buffer.concat(writeFragment({ sequence: index + 1, samples: [sample], baseDecodeTimeTicks: index * 100 * ticksPerMs })), 1_000 + index * 100);
    jest.advanceTimersByTime(100);
  });
  jest.useRealTimers();
  const units: AccessUnit[] = [];
  for (let unit = reader.next(); unit; unit = reader.next()) {
    units.push(unit);
  }
  return units;
}

describe('pictures of an SPS that allows fields', () => {
  const allowing = h264Sps({ profileIdc: 77, constraints: 0, levelIdc: 40, pocType: 0, widthMbs: 40, heightMapUnits: 11, framesOnly: false, crop: [0, 0, 0, 0] });
  const formatOfFields = videoFormatFromParameterSets('h264', [allowing, Uint8Array.of(0x68, 0xce, 0x3c, 0x80)]);
  const picture = (kind: readonly [parity: 'frame' | 'top' | 'bottom', idr: boolean]): Uint8Array => {
    const [parity, idr] = kind;
    const bits = new BitWriter().ue(0, 7, 0).u(4, 0).u(1, parity === 'frame' ? 0 : 1);
    return joinNals([(parity === 'frame' ? bits : bits.u(1, parity === 'bottom' ? 1 : 0)).u(16, 0xabcd).toNal(idr ? 0x65 : 0x41)]);
  };
  const frames = Array.from({ length: 4 }, (_, index) => picture(['frame', index % 2 === 0]));
  const fields = [picture(['top', true]), picture(['bottom', false])];

  test('are progressive while none come', () => {
    expect(assembled(formatOfFields, frames).map(({ format }) => format.interlaced)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('are interlaced from the first that comes in two', () => {
    const units = assembled(formatOfFields, [...frames, ...fields, ...fields]);
    expect(units.map(({ format }) => format.interlaced)).toEqual([undefined, undefined, undefined, undefined, true, true]);
    expect(units[4]?.format).toBe(units[5]?.format);
  });
});
