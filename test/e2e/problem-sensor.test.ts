import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Controller } from '../support/controller/controller.js';
import { EventLog } from '../support/controller/event-log.js';
import { hapCharacteristic, hapService, longUuid } from '../support/controller/hap-types.js';
import { HomeSwitch } from '../support/controller/home-switch.js';
import { startCamera, type SimulatedCamera } from '../support/camera/rtsp-camera.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { startAedes, type TestBroker } from '../support/mqtt/aedes-broker.js';
import { OutsideWorld } from '../support/mqtt/outside-world.js';

const [closed, open] = [0, 1];
/** More than the memory for its past holds: 32 MiB are 6 s of it. */
const heavyFootage = { width: 1920, height: 1080, bitrateKbps: 45_000, keyframeSeconds: 1, seconds: 4 } as const;
const nobodyThere = 'rtsp://joe:hunter2@127.0.0.1:9/main';
const quiet = { motionDetection: 'off', problemSensor: true } as const;

let broker: TestBroker;
let world: OutsideWorld;
let house: House;
let replaced: SimulatedCamera | undefined;

beforeAll(async () => {
  broker = await startAedes();
  world = await OutsideWorld.join(broker.port);
  house = await House.open(
    {
      'Front Door': { camera: { main: heavyFootage }, options: { ...quiet, doorbell: true, keepWarm: true } },
      Gate: { options: { ...quiet, source: nobodyThere, keepWarm: true } },
      Attic: { options: { ...quiet, source: nobodyThere, keepWarm: true, privacySwitch: true } },
      Shed: { options: { motionDetection: 'off', recording: false } },
    },
    { platformConfig: { alertAfter: 1, mqttUrl: `mqtt://127.0.0.1:${broker.port}` } },
  );
}, 180_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
  await replaced?.close();
  await world[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
}, 30_000);

/** The sensor's reports, and how it is at present. */
async function sensorOf(name: string): Promise<{ readonly reports: EventLog; readonly state: () => Promise<unknown>; readonly controller: Controller }> {
  const controller = await house.pair(name);
  const reports = await EventLog.follow(await controller.fork(), hapService.contactSensor, hapCharacteristic.contactSensorState);
  return { reports, state: () => controller.get(hapService.contactSensor, hapCharacteristic.contactSensorState), controller };
}

async function problemsHeard(topic: string): Promise<unknown> {
  await world.hears(`${topic}/problem`, 'ON');
  return JSON.parse(world.texts(`${topic}/problems`).at(-1) ?? '');
}

/** How the Home app calls an accessory's contact sensors. */
async function sensorNames(controller: Controller): Promise<unknown[]> {
  const services = (await controller.accessories()).flatMap((accessory) => accessory.services).filter(({ type }) => type === longUuid(hapService.contactSensor));
  return services.map(({ characteristics }) => characteristics.find(({ type }) => type === longUuid(hapCharacteristic.configuredName))?.value);
}

test.concurrent('a camera whose past does not fit opens its sensor, and closes it when the camera is set to send less', async () => {
  const { reports, state, controller } = await sensorOf('Front Door');
  expect(await sensorNames(controller)).toEqual(['Front Door camera problem']);
  if ((await state()) === closed) {
    await reports.next(open, 40_000, 0);
  }
  expect(await controller.get(hapService.contactSensor, hapCharacteristic.statusFault)).toBe(1);
  expect(Boolean(await controller.get(hapService.contactSensor, hapCharacteristic.statusActive))).toBe(true);
  expect(await problemsHeard('camera-hub/front-door')).toEqual([{ code: 'past-short', since: expect.stringMatching(/^\d{4}-.*Z$/) as unknown, text: expect.stringMatching(/too small for 10 s .* \(it reaches [2-7] s back\)$/) as unknown }]);
  await house.homebridge.waitForLog(/Front Door: the memory set aside for .* \[past-short\]$/, 1_000);

  const camera = house.camera('Front Door');
  await camera.close();
  replaced = await startCamera({ main: smallFootage, port: camera.port, ffmpegPath });
  await reports.next(closed, 80_000);
  await world.hears('camera-hub/front-door/problem', 'OFF');
  await world.hears('camera-hub/front-door/problems', '[]');
  await house.homebridge.waitForLog(/Front Door: all of the past fits into memory again after \d+ s\.$/, 1_000);
  expect(await controller.get(hapService.contactSensor, hapCharacteristic.statusFault)).toBe(0);
  expect(reports.values.map(Number).filter((value, index, all) => value === all[index - 1])).toEqual([]);
}, 120_000);

test.concurrent('a camera that is away opens its sensor after a minute; one in private does not, and who wants no sensor has none', async () => {
  const { reports, state } = await sensorOf('Gate');
  const attic = await sensorOf('Attic');
  await house.homebridge.waitForLog(/Attic: .*\[camera-unreachable\]/, 20_000);
  await (await HomeSwitch.find(attic.controller, 'Attic Privacy')).turn(true);
  await house.homebridge.waitForLog(/Gate: .*\[camera-unreachable\]/, 20_000);
  const goneMs = performance.now();
  expect(await state()).toBe(closed);
  const { atMs } = await reports.next(open, 90_000, 0);
  expect(atMs - goneMs).toBeGreaterThan(30_000);
  expect(await problemsHeard('camera-hub/gate')).toEqual([{ code: 'camera-away', since: expect.any(String) as unknown, text: expect.stringContaining('stays away (the camera cannot be reached') as unknown }]);
  const lines = house.homebridge.log().filter((line) => line.includes('[camera-away]'));
  expect(lines).toEqual([expect.stringMatching(/Gate: the camera, or one of its streams, stays away \(for \d+ s: .*\[camera-away\]$/)]);
  expect(lines.join()).not.toContain('hunter2');

  await sleep(8_000); // Which went at the same time.
  expect([await attic.state(), attic.reports.values]).toEqual([closed, []]);
  expect(Boolean(await attic.controller.get(hapService.contactSensor, hapCharacteristic.statusActive))).toBe(false);
  expect(world.texts('camera-hub/attic/problem')).not.toContain('ON');
  const shed = await house.pair('Shed');
  expect(await shed.serviceCount(hapService.contactSensor)).toBe(0);
  expect(world.texts('camera-hub/shed/problem')).not.toContain('ON');
}, 120_000);
