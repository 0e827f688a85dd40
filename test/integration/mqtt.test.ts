import { describe, expect, test } from '@jest/globals';
import { startAedes } from '../support/mqtt/aedes-broker.js';
import { startDetour } from '../support/mqtt/detour.js';
import { link, type CameraOptions } from '../support/mqtt/linked-house.js';
import { hasMosquitto, startMosquitto } from '../support/mqtt/mosquitto.js';
import { OutsideWorld } from '../support/mqtt/outside-world.js';
import { FakeTimers } from '../support/fake-timers.js';
import { until } from '../support/until.js';

const door: CameraOptions = {
  name: 'Front Döör',
  doorbell: true,
  mqttMotionTopic: 'gate/pir',
  mqttMotionMessage: 'ON',
  mqttMotionResetTopic: 'gate/pir',
  mqttMotionResetMessage: 'OFF',
  mqttDoorbellTopic: 'gate/button',
  mqttDoorbellPath: 'event.type',
  mqttDoorbellMessage: 'press',
};
const press = JSON.stringify({ event: { type: 'press' } });

const brokers = [
  { name: 'Aedes', start: () => startAedes(), there: true },
  { name: 'Mosquitto', start: startMosquitto, there: hasMosquitto },
];

describe.each(brokers)('with the broker $name', ({ name, start, there }) => {
  const testIfThere = there ? test : test.skip;
  const where = there ? '' : ` (no ${name} on this machine)`;

  testIfThere(`motion, its end and a press come over MQTT, and what the camera does is published${where}`, async () => {
    await using broker = await start();
    await using world = await OutsideWorld.join(broker.port);
    await using house = await link([door], { mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
    const camera = house.camera(door.name);
    await world.hears('camera-hub/status', 'online');

    await world.say('gate/pir', 'ON');
    await world.hears('camera-hub/front-door/motion', 'ON');
    await world.say('gate/pir', 'OFF');
    await world.hears('camera-hub/front-door/motion', 'OFF');
    await world.say('gate/button', '{"event":{"type":"release"}}');
    await world.say('gate/button', press);
    await world.hears('camera-hub/front-door/doorbell', '{"event_type":"ring"}');
    expect(camera.told).toEqual(['motion', 'still', 'ring']);

    camera.set({ recording: true });
    await world.hears('camera-hub/front-door/recording', 'ON');
    camera.set({ recording: false, online: false });
    await world.hears('camera-hub/front-door/recording', 'OFF');
    await world.hears('camera-hub/front-door/online', 'OFF');

    const problems = [{ code: 'camera-away', since: '2026-11-22T06:30:00.000Z', text: 'the camera stays away' }] as const;
    expect(world.texts('camera-hub/front-door/problem')).not.toContain('ON');
    camera.set({ problems });
    await world.hears('camera-hub/front-door/problem', 'ON');
    await world.hears('camera-hub/front-door/problems', JSON.stringify(problems));

    // Who comes later is told how things are, but of no press.
    await using latecomer = await OutsideWorld.join(broker.port);
    await latecomer.hears('camera-hub/front-door/cost', '{"cpu":0.5}');
    await latecomer.hears('camera-hub/front-door/online', 'OFF');
    await latecomer.hears('camera-hub/front-door/problem', 'ON');
    await latecomer.hears('camera-hub/front-door/problems', JSON.stringify(problems));
    camera.set({ problems: [] });
    await latecomer.hears('camera-hub/front-door/problem', 'OFF');
    await latecomer.hears('camera-hub/front-door/problems', '[]');
    expect(latecomer.texts('camera-hub/front-door/doorbell')).toEqual([]);

    await house[Symbol.asyncDispose]();
    await latecomer.hears('camera-hub/status', 'offline');
  });

  testIfThere(`a broker that is killed and comes back is told how things are then, and triggers work again${where}`, async () => {
    await using broker = await start();
    await using house = await link([door], { mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
    const camera = house.camera(door.name);

    await broker.kill();
    await house.says('[mqtt-unreachable]');
    camera.events.motion('pictures');
    camera.events.ring('http');
    camera.set({ recording: true, online: false });
    await broker.revive();
    await using world = await OutsideWorld.join(broker.port);
    await world.hears('camera-hub/status', 'online');
    await world.hears('camera-hub/front-door/motion', 'ON');
    await world.hears('camera-hub/front-door/recording', 'ON');
    await world.hears('camera-hub/front-door/online', 'OFF');
    expect(world.texts('camera-hub/front-door/doorbell')).toEqual([]);

    camera.events.motionEnded('pictures');
    await world.hears('camera-hub/front-door/motion', 'OFF');
    await world.say('gate/pir', 'ON');
    await world.hears('camera-hub/front-door/motion', 'ON');
    expect(house.lines.filter((line) => line.startsWith('warn'))).toEqual([expect.stringContaining('the MQTT broker cannot be reached')]);
    expect(house.lines.filter((line) => line.includes('connected with'))).toEqual([
      expect.stringContaining('MQTT: connected with the broker 127.0.0.1:'),
      expect.stringMatching(/^info: MQTT: connected with the broker after \d+ s\.$/),
    ]);
  });

  testIfThere(`a connection that breaks off is noticed by others, and its return too${where}`, async () => {
    await using broker = await start();
    await using world = await OutsideWorld.join(broker.port);
    await using detour = await startDetour(broker.port);
    await using house = await link([door], { mqttUrl: `mqtt://127.0.0.1:${detour.port}` });
    await world.hears('camera-hub/status', 'online');
    detour.cut();
    await world.hears('camera-hub/status', 'offline');
    await world.hears('camera-hub/status', 'online');
    await world.say('gate/pir', 'ON');
    await world.hears('camera-hub/front-door/motion', 'ON');
    expect(house.camera(door.name).told).toEqual(['motion']);
  });

  testIfThere(`what the broker kept from before rings no bell and is no motion${where}`, async () => {
    await using broker = await start();
    await using world = await OutsideWorld.join(broker.port);
    await world.say('gate/button', press, { retain: true });
    await world.say('gate/pir', 'ON', { retain: true });
    await using house = await link([door], { mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
    await world.hears('camera-hub/status', 'online');
    await world.say('gate/pir', 'ON');
    await world.hears('camera-hub/front-door/motion', 'ON');
    // Retained messages come before new ones; the press would have rung by now.
    expect(house.camera(door.name).told).toEqual(['motion']);
    // One that is published now is news, though the broker is to keep it.
    await world.say('gate/button', press, { retain: true });
    await until('a ring', () => house.camera(door.name).told.includes('ring'));
  });
});

test('one message goes to every camera that follows its topic, also by wildcards, and to no other', async () => {
  await using broker = await startAedes();
  await using world = await OutsideWorld.join(broker.port);
  await using house = await link(
    [
      { name: 'A', mqttMotionTopic: 'yard/pir' },
      { name: 'B', mqttMotionTopic: 'yard/pir' },
      { name: 'C', mqttMotionTopic: 'yard/+', mqttMotionMessage: 'moves' },
      { name: 'D', mqttMotionTopic: 'yard/#', mqttMotionMessage: 'moves' },
      { name: 'E', mqttMotionTopic: 'street/pir' },
    ],
    { mqttUrl: `mqtt://127.0.0.1:${broker.port}` },
  );
  const told = () => Object.fromEntries(house.cameras.map((camera) => [camera.config.name, camera.told.length]));
  await world.hears('camera-hub/status', 'online');
  await world.say('yard/pir', '  moves\n');
  await until('motion of D', () => house.camera('D').told.length > 0);
  expect(told()).toEqual({ A: 1, B: 1, C: 1, D: 1, E: 0 });
  for (const camera of house.cameras) {
    camera.events.motionEnded('mqtt');
  }
  await world.say('yard/gate/pir', 'moves');
  await until('motion of D again', () => house.camera('D').told.length > 2);
  expect(told()).toEqual({ A: 2, B: 2, C: 2, D: 3, E: 0 });
});

test('a camera that follows everything does not take its own reports for news', async () => {
  await using broker = await startAedes();
  await using world = await OutsideWorld.join(broker.port);
  await using house = await link([{ name: 'Gate', mqttMotionTopic: '#', doorbell: true }], { mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
  const { events, told } = house.camera('Gate');
  await world.hears('camera-hub/status', 'online');
  events.ring('http');
  await world.hears('camera-hub/gate/doorbell', '{"event_type":"ring"}');
  house.camera('Gate').set({ recording: true });
  await world.hears('camera-hub/gate/recording', 'ON');
  expect(told).toEqual(['ring']);
  await world.say('anything/else', 'x');
  await world.hears('camera-hub/gate/motion', 'ON');
});

test('oversized messages and what is no JSON are ignored, and told of once', async () => {
  await using broker = await startAedes();
  await using world = await OutsideWorld.join(broker.port);
  await using house = await link([{ name: 'Gate', mqttMotionTopic: 'yard/#', mqttMotionPath: 'a.b' }], { mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
  await world.hears('camera-hub/status', 'online');
  const large = JSON.stringify({ a: { b: 1 }, filling: 'x'.repeat(256 * 1024) });
  const bad = ['no JSON', '{"a":', '['.repeat(100_000), '{"a":'.repeat(40_000), '{"__proto__":{"a":{"b":1}}}', Buffer.from([0xff, 0xfe, 0])];
  for (const message of [large, large, ...bad]) {
    await world.say('yard/pir', message);
  }
  expect(house.camera('Gate').told).toEqual([]);
  await world.say('yard/pir', '{"a":{"b":1}}');
  await world.hears('camera-hub/gate/motion', 'ON');
  expect(house.camera('Gate').told).toEqual(['motion']);
  expect(house.lines.filter((line) => line.includes('[mqtt-message-too-large]'))).toHaveLength(1);
  expect(house.lines.filter((line) => line.includes('no JSON'))).toHaveLength(1);
});

test('objects that Frigate sees are motion of their camera until the last one is gone', async () => {
  await using broker = await startAedes();
  await using world = await OutsideWorld.join(broker.port);
  await using house = await link([{ name: 'Gate', frigateCamera: 'gate', frigateLabels: ['person', 'dog'] }, { name: 'Other' }], { mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
  const say = (type: string, id: string, label: string, camera = 'gate') => world.say('frigate/events', JSON.stringify({ type, before: {}, after: { id, camera, label, false_positive: false, stationary: false } }));
  await world.hears('camera-hub/status', 'online');
  await say('new', '1', 'person', 'unknown');
  await say('new', '2', 'car');
  await say('new', '3', 'person');
  await say('new', '4', 'dog');
  await say('end', '3', 'person');
  await world.hears('camera-hub/gate/motion', 'ON');
  await say('end', '4', 'dog');
  await world.hears('camera-hub/gate/motion', 'OFF');
  expect(house.camera('Gate').told).toEqual(['motion', 'still']);
  expect(house.camera('Other').told).toEqual([]);
});

test('what a camera costs is published again each minute, and that the plugin is there', async () => {
  await using broker = await startAedes();
  await using world = await OutsideWorld.join(broker.port);
  const timers = new FakeTimers();
  await using house = await link([{ name: 'Gate' }], { mqttUrl: `mqtt://127.0.0.1:${broker.port}`, mqttBaseTopic: 'house/cameras/' }, { timers });
  await world.hears('house/cameras/status', 'online');
  // As a broker does late for an earlier run of the plugin.
  await world.say('house/cameras/status', 'offline', { retain: true });
  for (const cpu of [1.5, 2.5]) {
    house.camera('Gate').setCost({ cpu });
    timers.advance(60_000);
    await world.hears('house/cameras/gate/cost', JSON.stringify({ cpu }));
  }
  await world.hears('house/cameras/status', 'online');
});

test('a mistake in what is reported reaches nobody else', async () => {
  await using broker = await startAedes();
  await using world = await OutsideWorld.join(broker.port);
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const timers = new FakeTimers();
  await using house = await link([{ name: 'A' }, { name: 'B' }], { mqttUrl: `mqtt://127.0.0.1:${broker.port}` }, { timers });
  await world.hears('camera-hub/status', 'online');
  house.camera('A').setCost(circular);
  house.camera('B').setCost({ cpu: 9 });
  timers.advance(60_000);
  await world.hears('camera-hub/b/cost', '{"cpu":9}');
  expect(house.lines.filter((line) => line.includes('[mqtt-failed]'))).toHaveLength(1);
});

describe('Home Assistant', () => {
  test('finds the sensors of a camera, also after it was started anew', async () => {
    await using broker = await startAedes();
    await using world = await OutsideWorld.join(broker.port);
    await using house = await link([{ name: 'Front Door', doorbell: true, manufacturer: 'Acme' }, { name: 'Yard' }], { mqttUrl: `mqtt://127.0.0.1:${broker.port}`, mqttHomeAssistant: true });
    await world.hears('camera-hub/status', 'online');
    const motion = 'homeassistant/binary_sensor/camera-hub_front-door/motion/config';
    expect(JSON.parse(world.texts(motion)[0] ?? '')).toEqual({
      device_class: 'motion',
      unique_id: 'camera-hub_front-door_motion',
      state_topic: 'camera-hub/front-door/motion',
      availability_topic: 'camera-hub/status',
      device: { identifiers: ['camera-hub_front-door'], name: 'Front Door', manufacturer: 'Acme', sw_version: '1.2.3' },
      origin: { name: 'homebridge-camera-hub', sw_version: '1.2.3' },
    });
    expect(JSON.parse(world.texts('homeassistant/event/camera-hub_front-door/doorbell/config')[0] ?? '')).toMatchObject({
      device_class: 'doorbell',
      event_types: ['ring'],
      state_topic: 'camera-hub/front-door/doorbell',
    });
    expect(world.texts('homeassistant/event/camera-hub_yard/doorbell/config')).toEqual(['']);
    // Attributes have to be names and values: the list becomes the value of one.
    expect(JSON.parse(world.texts('homeassistant/binary_sensor/camera-hub_yard/problem/config')[0] ?? '')).toMatchObject({
      device_class: 'problem',
      unique_id: 'camera-hub_yard_problem',
      state_topic: 'camera-hub/yard/problem',
      json_attributes_topic: 'camera-hub/yard/problems',
      json_attributes_template: '{{ {\'problems\': value_json} | tojson }}',
    });

    await world.say('homeassistant/status', 'offline');
    await world.say('homeassistant/status', 'online');
    await until('the second announcement', () => world.texts(motion).length === 2);
    await using latecomer = await OutsideWorld.join(broker.port);
    await latecomer.hears(motion, world.texts(motion)[0] ?? '');
    expect(house.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  test('is told nothing where that is not wanted', async () => {
    await using broker = await startAedes();
    await using world = await OutsideWorld.join(broker.port);
    await using house = await link([door], { mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
    await world.hears('camera-hub/status', 'online');
    await world.say('homeassistant/status', 'online');
    house.camera(door.name).set({ recording: true });
    await world.hears('camera-hub/front-door/recording', 'ON');
    expect(world.heard.filter(({ topic }) => topic.startsWith('homeassistant/') && !topic.endsWith('/status'))).toEqual([]);
  });
});
