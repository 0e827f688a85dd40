import { expect, test } from '@jest/globals';
import { declaredFps } from '../../../src/media/declared-rate.js';
import { parseH264Sps } from '../../../src/media/h264-sps.js';
import { h264Sps } from './hand-made-sps.js';

const setOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

/** Made by libx264 and libx265 through FFmpeg 5.1, full range, so that everything in front of the timing is there too. */
test.each([
  ['h264', 12.5, '6764000cacd941419f9f016c80000003010000030019078a14cb'],
  ['h264', 30_000 / 1_001, '6764000dacd941419f9f016c800001f480007530078a14cb'],
  ['h264', 60, '67640015acd941419f9f016c80000003008000003c078b16cb'],
  ['hevc', 12.5, '42010101600000030090000003000003003ca00a080b9f796566924caf016c08000003001000000300c840'],
  ['hevc', 30_000 / 1_001, '42010101600000030090000003000003003ca00a080b9f796566924caf016c0800001f480003a98040'],
  ['hevc', 60, '42010101600000030090000003000003003ca00a080b9f796566924caf016c08000003000800000301e040'],
] as const)('%s at %d pictures a second says so', (codec, fps, sps) => {
  expect(declaredFps({ codec, parameterSets: [setOf('68ee3cb0'), setOf(sps)] })).toBeCloseTo(fps, 6);
});

test('nothing is made up where nothing is declared', () => {
  const without = h264Sps({ profileIdc: 77, constraints: 0, levelIdc: 40, pocType: 0, widthMbs: 120, heightMapUnits: 68, framesOnly: true, crop: [0, 0, 0, 4], vui: { fullRange: true, reorderFrames: 2 } });
  expect(declaredFps({ codec: 'h264', parameterSets: [without] })).toBeUndefined();
  expect(declaredFps({ codec: 'h264', parameterSets: [] })).toBeUndefined();
  expect(parseH264Sps(without)).toMatchObject({ fullRange: true, reorders: true });
});
