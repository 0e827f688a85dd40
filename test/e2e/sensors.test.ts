import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Controller } from '../support/controller/controller.js';
import { EventLog } from '../support/controller/event-log.js';
import { hapCharacteristic, hapService } from '../support/controller/hap-types.js';
import { HomeSwitch, switchNames } from '../support/controller/home-switch.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { House } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { decodeJpeg } from '../support/picture.js';
import { quietFootage, watchingOptions, WatchedScene } from '../support/watched-scene.js';
import { until } from '../support/until.js';

const request = { width: 640, height: 360, fps: 30, bitrateKbps: 800 } as const;
const switches = { motion: 'Hall Motion Switch', detection: 'Hall Motion Detection', privacy: 'Hall Privacy' } as const;
/** So soon after the switch the camera is left alone. */
const privateWithinMs = 2_000;
const learningMs = 6_000;

const sensors = { occupancySensor: true, occupancyTimeout: 1, problemSensor: true } as const;
const allSwitches = { motionSwitch: true, motionDetectionSwitch: true, privacySwitch: true } as const;
/** With the same identity whatever else changes. */
const camera = { camera: { main: quietFootage }, options: { ...watchingOptions, motionTimeout: 1, keepWarm: true, ...sensors, ...allSwitches } } as const;

let house: House;

beforeAll(async () => {
  house = await House.open({ Hall: camera, Shed: { options: { bridged: true, motionDetection: 'off', ...sensors, ...allSwitches } } });
}, 120_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

const hall = () => house.camera('Hall');
const connections = () => hall().statistics().connections;

/** Whether a picture is the camera's own. */
async function isCamera(controller: Controller): Promise<boolean> {
  const { width, marks } = await decodeJpeg((await controller.snapshot(request)).jpeg);
  expect(width).toBeGreaterThan(0);
  return marks !== undefined;
}

async function motionDetected(controller: Controller): Promise<boolean> {
  return Boolean(await controller.get(hapService.motionSensor, hapCharacteristic.motionDetected));
}

/** What is configured, with other options for the cameras. */
async function restartWith(options: Readonly<Record<string, unknown>>): Promise<void> {
  const configs = house.platformConfig.cameras as readonly Readonly<Record<string, unknown>>[];
  await house.restart({ ...house.platformConfig, cameras: configs.map((config) => ({ ...config, ...options })) });
}

/** A view that was refused, or that shows nothing. */
async function seesNothing(asking: Promise<LiveReceiver>): Promise<void> {
  const live = await asking.catch(() => undefined);
  if (live) {
    await sleep(1_500);
    expect(live.units()).toHaveLength(0);
    await live.abandon();
  }
}

test('somebody is still there after the motion has ended; a switch reports motion', async () => {
  const controller = await house.pair('Hall');
  expect(await switchNames(controller)).toEqual(expect.arrayContaining(Object.values(switches)));
  expect(await switchNames(controller)).toHaveLength(3);
  const motion = await EventLog.follow(await controller.fork(), hapService.motionSensor, hapCharacteristic.motionDetected);
  const occupancy = await EventLog.follow(await controller.fork(), hapService.occupancySensor, hapCharacteristic.occupancyDetected);
  const occupied = async (): Promise<boolean> => Boolean(await controller.get(hapService.occupancySensor, hapCharacteristic.occupancyDetected));
  expect(await occupied()).toBe(false);

  const reporting = await HomeSwitch.find(controller, switches.motion);
  await reporting.turn(true);
  await motion.next(true, 1_000, 0);
  await occupancy.next(1, 1_000, 0);
  await sleep(1_500); // Longer than `motionTimeout`: as long as it is on, something moves.
  expect(await motionDetected(controller)).toBe(true);
  await reporting.turn(false);
  await motion.next(false, 3_000, 0);
  await sleep(1_000);
  expect(await occupied()).toBe(true);
  expect(occupancy.values.map(Number)).toEqual([1]);
}, 30_000);

test('the detection is turned off by its switch while something moves, and on again', async () => {
  const scene = await WatchedScene.follow(hall(), await house.pair('Hall'));
  const detection = await HomeSwitch.find(scene.controller, switches.detection);
  await detection.turn(true);
  await sleep(learningMs);
  expect((await scene.change('walker', 15_000)).afterMs).toBeLessThan(3_000 * (await machinePace()));
  const from = scene.motion.count;
  await detection.turn(false);
  await scene.motion.next(false, 3_000, from);
  await sleep(3_000);
  expect(scene.motion.values.slice(from).map(Number)).toEqual([0]);
  await hall().show('still');
  await detection.turn(true);
  expect(await detection.isOn()).toBe(true);
}, 45_000);

test('in private the camera is left alone altogether, and comes back as it was', async () => {
  const controller = await house.pair('Hall');
  const privacy = await HomeSwitch.find(controller, switches.privacy);
  const viewer = await controller.fork();
  const live = await viewer.startLive(request);
  await live.waitForUnits(15, 10_000);
  const scene = await WatchedScene.follow(hall(), controller);
  await sleep(learningMs);
  await scene.change('walker', 15_000);
  expect(await isCamera(controller)).toBe(true);

  const turnedMs = performance.now();
  await privacy.turn(true);
  await until('no connection', () => connections().now === 0, privateWithinMs);
  await scene.motion.next(false, Math.max(0, privateWithinMs - (performance.now() - turnedMs)), 0);
  const shown = live.units().length;
  const { total } = connections();
  await sleep(1_000);
  expect(live.units()).toHaveLength(shown);
  await live.abandon();
  expect(await isCamera(controller)).toBe(false);
  expect(await isCamera(await controller.fork())).toBe(false);
  await seesNothing((await controller.fork()).startLive(request));
  expect(await motionDetected(controller)).toBe(false);
  expect(connections()).toMatchObject({ now: 0, total });
  // But for the one that waits for a keyframe of any camera to make a JPEG of.
  expect(house.homebridge.ffmpegs().filter(({ args }) => !args.includes('image2pipe'))).toEqual([]);

  await privacy.turn(false);
  await until('a connection', () => connections().now === 1, 5_000);
  await until('the camera\'s picture', () => isCamera(controller), 6_000);
  const again = await (await controller.fork()).startLive(request);
  await again.waitForUnits(15, 10_000);
  await again.stop();
}, 60_000);

test('switches stay as they are when Homebridge is started again, and nobody looks in between', async () => {
  const before = await house.pair('Hall');
  await (await HomeSwitch.find(before, switches.privacy)).turn(true);
  await (await HomeSwitch.find(before, switches.detection)).turn(false);
  await until('no connection', () => connections().now === 0, privateWithinMs);
  await (await HomeSwitch.find(before, switches.privacy)).rename('Eyes shut');
  const { total } = connections();
  await house.restart();
  const controller = await house.pair('Hall');
  const privacy = await HomeSwitch.find(controller, 'Eyes shut');
  const detection = await HomeSwitch.find(controller, switches.detection);
  expect([await privacy.isOn(), await detection.isOn()]).toEqual([true, false]);
  expect(await isCamera(controller)).toBe(false);
  await sleep(2_000);
  expect(connections().total).toBe(total);
  await privacy.rename(switches.privacy);
  await privacy.turn(false);
  await until('the camera\'s picture', () => isCamera(controller), 8_000);
}, 60_000);

test('what is no longer configured goes, what is comes, also behind the bridge, where Homebridge keeps it; the pairings stay', async () => {
  const kinds = async (controller: Controller) => ({
    doorbell: await controller.serviceCount(hapService.doorbell),
    occupancy: await controller.serviceCount(hapService.occupancySensor),
    motion: await controller.serviceCount(hapService.motionSensor),
    problem: await controller.serviceCount(hapService.contactSensor),
    switches: (await switchNames(controller)).map((name) => name.replace(/^(Hall|Shed) /, '')).sort(),
  });
  const { pairing } = await house.pairBridge();
  const bothHave = async (expected: Awaited<ReturnType<typeof kinds>>): Promise<void> => {
    const bridge = house.adopt(await house.resumeBridge(pairing));
    expect([await kinds(await house.pair('Hall')), await kinds(bridge)]).toEqual([expected, expected]);
  };
  const none = { occupancySensor: false, problemSensor: false, motionSwitch: false, motionDetectionSwitch: false, privacySwitch: false };
  await bothHave({ doorbell: 0, occupancy: 1, motion: 1, problem: 1, switches: ['Motion Detection', 'Motion Switch', 'Privacy'] });
  await restartWith({ ...none, doorbell: true });
  await bothHave({ doorbell: 1, occupancy: 0, motion: 1, problem: 0, switches: [] });
  await restartWith({ ...none, motionSwitch: true, recording: false });
  await bothHave({ doorbell: 0, occupancy: 0, motion: 1, problem: 0, switches: ['Motion Switch'] });
  await restartWith({ ...none, occupancySensor: true, problemSensor: true });
  await bothHave({ doorbell: 0, occupancy: 1, motion: 1, problem: 1, switches: [] });
}, 90_000);
