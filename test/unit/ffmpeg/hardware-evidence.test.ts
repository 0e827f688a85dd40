import { expect, test } from '@jest/globals';
import { readPictureList, whyNoProof, type SeenPictures } from '../../../src/ffmpeg/hardware/evidence.js';
import { firstReason } from '../../../src/ffmpeg/hardware/probe.js';

const size = { width: 640, height: 360 };
const times = (pictures: number, stepMs = 1000 / 30) => Array.from({ length: pictures }, (_, index) => index * stepMs);
const good: SeenPictures = { size, timesMs: times(30), different: 30, beginsWithKeyframe: true };

test.each<[string, Partial<SeenPictures>, string | undefined]>([
  ['all that is asked', {}, undefined],
  ['two pictures that it keeps for itself at the end', { timesMs: times(28), different: 28 }, undefined],
  ['times rounded to milliseconds', { timesMs: times(30).map(Math.round) }, undefined],
  ['nothing', { timesMs: [], size: undefined }, 'it gave no picture'],
  ['another size', { size: { width: 640, height: 368 } }, 'its pictures are 640x368 instead of 640x360'],
  ['half of the pictures', { timesMs: times(15, 2000 / 30) }, 'it gave 15 of 30 pictures'],
  ['pictures made up', { timesMs: times(60, 500 / 30) }, 'it gave 60 of 30 pictures'],
  ['times of its own', { timesMs: times(30, 40) }, 'its pictures have wrong times'],
  ['the same time twice', { timesMs: [0, 0, ...times(30).slice(2)] }, 'its pictures have wrong times'],
  ['pictures out of order, as with B-frames', { timesMs: [0, 100, 1000 / 30, 2000 / 30, ...times(30).slice(4)] }, 'its pictures have wrong times'],
  ['no keyframe to begin with', { beginsWithKeyframe: false }, 'its first picture is not a keyframe'],
  ['one picture for ever', { different: 1 }, 'it gave the same picture again and again'],
])('hardware that gives %s', (_what, seen, because) => {
  expect(whyNoProof({ ...good, ...seen }, size)).toBe(because);
});

test('FFmpeg\'s list of pictures is read', () => {
  const list = '#software: Lavf59\n#tb 0: 1/61440\n#media_type 0: video\n#dimensions 0: 640x360\n#sar 0: 1/1\n0,          0,          0,     2048,   345600, 0xb46fecca\n0,       2048,       2048,     2048,   345600, 0xb46fecca\n0,       4096,       4096,     2048,   345600, 0x445625a2\n';
  expect(readPictureList(list)).toEqual({ size, timesMs: [0, 100 / 3, 200 / 3], different: 2, beginsWithKeyframe: true });
  expect(readPictureList('')).toMatchObject({ size: undefined, timesMs: [] });
});

test.each([
  ['[AVHWDeviceContext @ 0x55] Cannot load libcuda.so.1\n[AVHWDeviceContext @ 0x55] Could not dynamically load CUDA\nDevice creation failed: -1.', 'Cannot load libcuda.so.1'],
  ['libva info: VA-API version 1.17.0\n[AVHWDeviceContext @ 0x55] Failed to initialise VAAPI connection: -1 (unknown libva error).', 'Failed to initialise VAAPI connection: -1 (unknown libva error)'],
  ['[vost#0:0/h264_nvenc @ 0x55] [enc:h264_nvenc @ 0x66] No capable devices found', 'No capable devices found'],
  ['', undefined],
])('the reason is the first complaint, without FFmpeg\'s addresses', (said, reason) => {
  expect(firstReason(said)).toBe(reason);
});
