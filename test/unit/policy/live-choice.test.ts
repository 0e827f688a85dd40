import { expect, test } from '@jest/globals';
import { chooseMode, chooseStream, type LiveVideo, type StreamFacts } from '../../../src/policy/live-choice.js';

const main: StreamFacts = { name: 'main', codec: 'h264', width: 1920, height: 1080, bFrames: false };
const sub: StreamFacts = { name: 'sub', codec: 'h264', width: 640, height: 360, bFrames: false };

test.each([
  [1920, 'main'],
  [1280, 'main'],
  [1024, 'sub'],
  [640, 'sub'],
  [320, 'sub'],
])('a view %i wide is served by the %s stream', (width, name) => {
  expect(chooseStream({ width, height: 0 }, [main, sub]).stream.name).toBe(name);
});

test('a stream that is not there gives way to one that is; where none is there, the nearest is waited for', () => {
  expect(chooseStream({ width: 640, height: 360 }, [main, { ...sub, failing: true }]).stream.name).toBe('main');
  expect(chooseStream({ width: 640, height: 360 }, [{ ...main, failing: true }, { ...sub, failing: true }]).stream.name).toBe('sub');
});

test('a stream that was never seen is taken for what is usual', () => {
  expect(chooseStream({ width: 640, height: 360 }, [{ name: 'main' }, { name: 'sub' }]).stream.name).toBe('sub');
  expect(chooseStream({ width: 1280, height: 720 }, [{ name: 'main' }, { name: 'sub' }]).stream.name).toBe('main');
});

test.each<[Partial<StreamFacts>, LiveVideo, string, RegExp]>([
  [{}, 'auto', 'copy', /H.264 without B-frames/],
  [{ bFrames: undefined }, 'auto', 'copy', /./],
  [{ bFrames: true }, 'auto', 'transcode', /B-frames/],
  [{ bFrames: true }, 'copy', 'copy', /option/],
  [{}, 'transcode', 'transcode', /option/],
  [{ codec: 'hevc' }, 'auto', 'transcode', /HEVC/],
  [{ codec: 'hevc' }, 'copy', 'transcode', /HEVC/],
  [{ codec: undefined }, 'auto', 'transcode', /unknown/],
])('%j with "%s" is %s', (facts, liveVideo, mode, because) => {
  const choice = chooseMode({ ...main, ...facts }, liveVideo);
  expect(choice.mode).toBe(mode);
  expect(choice.because).toMatch(because);
});
