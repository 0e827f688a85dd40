import { expect, test } from '@jest/globals';
import { cameraUse } from '../../../src/policy/camera-use.js';
import { motionWanted, type MotionQuestion } from '../../../src/policy/motion-wanted.js';

const auto: MotionQuestion = { option: 'auto', detectionSwitch: undefined, recordingArmed: true, toldOtherwise: false, use: cameraUse(true, false) };

test.each<[string, Partial<MotionQuestion>, boolean, string]>([
  ['on by itself while recordings are on', {}, true, 'recordings are on in the Home app'],
  ['off while they are not', { recordingArmed: false }, false, 'recordings are off in the Home app'],
  ['off where MQTT reports motion', { toldOtherwise: true }, false, 'motion is reported by MQTT'],
  ['on where it is to be on, whatever else', { option: 'on', recordingArmed: false, toldOtherwise: true }, true, 'the option "motionDetection" is on'],
  ['never where it is off', { option: 'off', detectionSwitch: true }, false, 'the option "motionDetection" is off'],
  ['as the switch says', { detectionSwitch: true, recordingArmed: false }, true, 'its switch is on'],
  ['as the switch says, also against the option', { option: 'on', detectionSwitch: false }, false, 'its switch is off'],
  ['never while the camera is off', { option: 'on', use: cameraUse(false, false) }, false, 'it is switched off in the Home app'],
  ['never while it is private', { option: 'on', detectionSwitch: true, use: cameraUse(true, true) }, false, 'its privacy switch is on'],
])('%s', (_, changes, on, because) => expect(motionWanted({ ...auto, ...changes })).toEqual({ on, because }));
