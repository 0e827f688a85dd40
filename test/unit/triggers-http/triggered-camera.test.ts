import { expect, test } from '@jest/globals';
import { CameraEvents } from '../../../src/events/camera-events.js';
import { CameraDirectory, type TriggeredCamera } from '../../../src/triggers/http/triggered-camera.js';

const events = new CameraEvents({ motionTimeoutMs: 1_000, onMistake: () => undefined });
const camera = (key: string, name: string): TriggeredCamera => ({ key, name, doorbell: true, reportsMotion: true, events });

const directory = new CameraDirectory([camera('front-door', 'Front Door'), camera('haustuer', 'Haustür 🚪'), camera('gate', 'front-door'), camera('c', 'C+C'), camera('proto', '__proto__')]);

test.each([
  ['front-door', 'front-door'],
  ['FRONT-DOOR', 'front-door'],
  ['Front Door', 'front-door'],
  [' front door', 'front-door'],
  ['Front+Door', 'front-door'],
  ['Haustu\u0308r 🚪', 'haustuer'],
  ['HAUSTÜR 🚪', 'haustuer'],
  ['gate', 'gate'],
  ['c+c', 'c'],
  ['__proto__', 'proto'],
])('"%s" is the camera %s', (name, key) => {
  expect(directory.find(name)?.key).toBe(key);
});

test.each(['', 'front', 'front-door/', 'constructor', '..', 'Haustur 🚪'])('"%s" is no camera', (name) => {
  expect(directory.find(name)).toBeUndefined();
});
