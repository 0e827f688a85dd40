import { expect, test } from '@jest/globals';
import { chooseRecording, conversionReasons, type RecordedStream } from '../../../src/policy/recording-choice.js';

const fit: RecordedStream = { codec: 'h264', profile: 'High', width: 1920, height: 1080, bFrames: false, interlaced: false, openGop: false, keyframeIntervalMs: 2000, gopMs: 1500, fps: 30 };

test.each<Partial<RecordedStream>>([
  {},
  { profile: 'Baseline' },
  { profile: 'Main', width: 640, height: 360 },
  { width: 1440, height: 1080 },
  { width: 1280, height: 1024 },
  { keyframeIntervalMs: 4_200, gopMs: 4_200 },
  { keyframeIntervalMs: undefined, gopMs: 2_400, fps: undefined },
])('%j is recorded as it is', (facts) => {
  expect(chooseRecording({ ...fit, ...facts })).toEqual({ mode: 'copy', because: expect.stringMatching(/as it is/) });
});

test.each<[Partial<RecordedStream>, string, RegExp, RegExp | undefined]>([
  [{ codec: 'hevc', profile: 'Main' }, 'hevc', /HEVC/, /H\.264/],
  [{ profile: 'High 10' }, 'profile', /High 10/, /Main or High/],
  [{ interlaced: true }, 'interlaced', /interlaced/, /progressive/],
  [{ openGop: true }, 'openGop', /IDR/, /closed GOP/],
  [{ width: 3840, height: 2160 }, 'size', /3840x2160.*1920x1080/, /1920x1080/],
  [{ width: 1920, height: 1440 }, 'size', /1920x1440/, /resolution/],
  [{ width: 720, height: 1280 }, 'shape', /720x1280/, undefined],
  [{ width: 1080, height: 1080 }, 'shape', /1080x1080/, undefined],
  [{ width: 1920, height: 540 }, 'shape', /1920x540/, undefined],
  [{ bFrames: true }, 'bFrames', /B-frames/, /Baseline/],
  [{ keyframeIntervalMs: 10_000 }, 'keyframes', /every 10 s \(measured\)/, /60 pictures/],
  [{ keyframeIntervalMs: 4_300, fps: 25 }, 'keyframes', /4\.3 s/, /50 pictures/],
  [{ keyframeIntervalMs: undefined, gopMs: 2_600 }, 'keyframes', /no keyframe has come for 2\.6 s/, /60 pictures/],
  [{ keyframeIntervalMs: undefined, gopMs: 5_640, fps: undefined }, 'keyframes', /no keyframe has come for 5\.6 s/, /to 2 s in the camera/],
])('%j is converted because of its %s', (facts, cause, because, advice) => {
  const choice = chooseRecording({ ...fit, ...facts });
  expect(choice).toMatchObject({ mode: 'transcode', cause, because: expect.stringMatching(because) });
  expect(choice.mode === 'transcode' ? choice.advice : '').toEqual(advice && expect.stringMatching(advice));
});

test('what is to be changed in a camera of HEVC names no profile of H.264', () => {
  const advice = conversionReasons({ ...fit, codec: 'hevc', profile: 'Main', bFrames: true, openGop: true }).slice(1);
  expect(advice.map((each) => each.advice)).toEqual(['Switch B-frames off in the camera', 'Set the camera to a closed GOP']);
});
