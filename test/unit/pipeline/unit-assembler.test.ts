import { expect, jest, test } from '@jest/globals';
import { joinNals } from '../../../src/media/nal.js';
import { writeFragment, writeInit } from '../../../src/media/fmp4-writer.js';
import { videoFormatFromParameterSets } from '../../../src/media/video-format.js';
import { PacketStream } from '../../../src/pipeline/packet-stream.js';
import { UnitAssembler } from '../../../src/pipeline/unit-assembler.js';
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
