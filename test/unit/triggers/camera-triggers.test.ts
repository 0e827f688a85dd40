import { expect, test } from '@jest/globals';
import { ProblemLog } from '../../../src/problem-log.js';
import { CameraTriggers } from '../../../src/triggers/mqtt/camera-triggers.js';
import { FakeTimers } from '../../support/fake-timers.js';
import { testCameras, type CameraOptions } from '../../support/mqtt/linked-house.js';

function triggered(...options: readonly CameraOptions[]) {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };
  const cameras = testCameras(options);
  const timers = new FakeTimers();
  const triggers = new CameraTriggers({ config: {}, cameras, own: new Set(['camera-hub/status']), log, problems: new ProblemLog('MQTT', log), timers });
  const say = (topic: string, text: string) => triggers.receive(topic, Buffer.from(text), false);
  return { cameras, timers, triggers, say, told: () => cameras.map((camera) => camera.told) };
}

test('each topic is followed once, and only what is configured', () => {
  const { filters } = triggered(
    { name: 'A', mqttMotionTopic: 'yard', mqttMotionResetTopic: 'yard', frigateCamera: 'a' },
    { name: 'B', mqttMotionTopic: 'yard', frigateCamera: 'b', mqttDoorbellTopic: 'not/a/doorbell' },
    { name: 'C', mqttDoorbellTopic: 'button', doorbell: true },
  ).triggers;
  expect(filters).toEqual(['yard', 'button', 'frigate/events']);
  expect(triggered({ name: 'A' }).triggers.filters).toEqual([]);
});

test('without a topic for its end, motion ends after the time that is set, counted from the last message', () => {
  const { say, timers, told } = triggered({ name: 'A', mqttMotionTopic: 'yard', motionTimeout: 20 });
  say('yard', 'x');
  timers.advance(19_000);
  say('yard', 'x');
  timers.advance(19_000);
  expect(told()).toEqual([['motion']]);
  timers.advance(1_000);
  expect(told()).toEqual([['motion', 'still']]);
});

test('with one it lasts until it is ended, but not for ever', () => {
  const { say, timers, told } = triggered({ name: 'A', mqttMotionTopic: 'yard', mqttMotionResetTopic: 'yard/end', motionTimeout: 20 });
  say('yard', 'x');
  timers.advance(599_000);
  expect(told()).toEqual([['motion']]);
  say('yard/end', 'x');
  expect(told()).toEqual([['motion', 'still']]);
  say('yard', 'x');
  timers.advance(600_000);
  expect(told()).toEqual([['motion', 'still', 'motion', 'still']]);
});

test('a press that comes twice, by overlapping topics, rings once', () => {
  const { say, told } = triggered({ name: 'A', doorbell: true, mqttDoorbellTopic: 'house/#' });
  say('house/button', 'press');
  say('house/button', 'press');
  expect(told()).toEqual([['ring']]);
});
