import { readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Controller } from '../support/controller/controller.js';
import { EventLog } from '../support/controller/event-log.js';
import { hapCharacteristic, hapService, longUuid } from '../support/controller/hap-types.js';
import { freeTcpPort } from '../support/homebridge/storage.js';
import { House, smallFootage } from '../support/house.js';
import { startAedes, type TestBroker } from '../support/mqtt/aedes-broker.js';
import { OutsideWorld } from '../support/mqtt/outside-world.js';
import { decodeJpeg } from '../support/picture.js';
import { until } from '../support/until.js';

const token = 'not-to-be-seen-anywhere';
const button = 'porch/button';
const pir = 'porch/pir';
const report = { status: 'camera-hub/status', motion: 'camera-hub/front-door/motion' } as const;
const picture = { width: 640, height: 360 } as const;
const singlePress = 0;
const ringsWithinMs = 500;
/** As long as two presses are the same one, and a moment. */
const afterPressMs = 2_200;
/** HAP's numbers of accessory categories (R13 13-1). */
const category = { ipCamera: 17, videoDoorbell: 18 } as const;

let broker: TestBroker;
let world: OutsideWorld;
let house: House;
let port: number;
let controller: Controller;
let rings: EventLog;

beforeAll(async () => {
  broker = await startAedes();
  world = await OutsideWorld.join(broker.port);
  port = await freeTcpPort();
  const loop = { ...smallFootage, seconds: 20 } as const;
  const platformConfig = { httpPort: port, httpToken: token, mqttUrl: `mqtt://127.0.0.1:${broker.port}` };
  house = await House.open(
    {
      'Front Door': {
        camera: { main: loop },
        options: { doorbell: true, keepWarm: true, motionDetection: 'off', motionTimeout: 30, mqttDoorbellTopic: button, mqttMotionTopic: pir, mqttMotionMessage: 'ON', mqttMotionResetTopic: pir, mqttMotionResetMessage: 'OFF' },
      },
      'Side Door': { options: { doorbell: true, id: 'side', motionDetection: 'off' } },
    },
    { platformConfig },
  );
  controller = await house.pair('Front Door');
  rings = await EventLog.follow(await controller.fork(), hapService.doorbell, hapCharacteristic.programmableSwitchEvent);
  await world.hears(report.status, 'online');
  await until('pictures', () => house.camera('Front Door').statistics().playing.main.now === 1, 15_000);
  await sleep(2_500); // Until there is a keyframe.
}, 180_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
}, 30_000);

interface Asked {
  readonly path?: string;
  /** Of the header; undefined leaves it out. */
  readonly token?: string | undefined;
  readonly body?: string;
}

/** The status that an address answers with. */
async function post({ path = '/cameras/front-door/doorbell', body = '', ...asked }: Asked = { token }): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Length': Buffer.byteLength(body), ...(asked.token !== undefined && { Authorization: `Bearer ${asked.token}` }) };
    const request = httpRequest({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    // Who is refused may find the connection closed while it still sends.
    request.on('error', reject);
    request.end(body);
  });
}

/** How long after this moment of the camera a picture was filmed; negative where it was before. */
async function shownAfterMs(jpeg: Buffer, counterThen: number): Promise<number> {
  const { fps, seconds } = house.camera('Front Door').footage().settings;
  const loop = fps * seconds;
  const pictures = ((((await decodeJpeg(jpeg)).marks?.counter ?? NaN) - counterThen) % loop + loop) % loop;
  return ((pictures > loop / 2 ? pictures - loop : pictures) * 1_000) / fps;
}

/** HAP categories as they are announced, by the name of the accessory. */
function announcedCategories(): Readonly<Record<string, number>> {
  const folder = join(house.homebridge.storage, 'persist');
  const infos = readdirSync(folder).filter((file) => file.startsWith('AccessoryInfo.')).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { displayName: string; category: number });
  return Object.fromEntries(infos.map(({ displayName, category: number }) => [displayName.replace(/ [0-9A-F]{4}$/, ''), number]));
}

describe('a doorbell', () => {
  test('is one in the Home app', async () => {
    expect(announcedCategories()).toMatchObject({ 'Front Door': category.videoDoorbell });
    expect(await controller.serviceCount(hapService.doorbell)).toBe(1);
    const services = (await controller.accessories()).flatMap((accessory) => accessory.services) as readonly { readonly type: string; readonly primary?: boolean }[];
    expect(services.filter(({ primary }) => primary).map(({ type }) => type)).toEqual([longUuid(hapService.doorbell)]);
  });

  test('rings once for a press, at once, and its picture shows the press, also later', async () => {
    const from = rings.count;
    const pressedMs = performance.now();
    const counter = house.camera('Front Door').counterNow();
    expect(await post()).toBeLessThan(300);
    const ring = await rings.next(singlePress, 2_000, from);
    expect(ring.atMs - pressedMs).toBeLessThan(ringsWithinMs);
    const early = await controller.snapshot({ ...picture, reason: 1 });
    await sleep(1_000);
    expect(await post()).toBeLessThan(300); // A finger that trembles.
    await sleep(2_000);
    const late = await controller.snapshot({ ...picture, reason: 1 });
    const present = await controller.snapshot({ ...picture, reason: 0 });
    expect(rings.values.slice(from)).toEqual([singlePress]);
    expect(Math.abs(await shownAfterMs(early.jpeg, counter))).toBeLessThanOrEqual(300);
    expect(Math.abs(await shownAfterMs(late.jpeg, counter))).toBeLessThanOrEqual(300);
    expect(await shownAfterMs(present.jpeg, counter)).toBeGreaterThan(700); // 3 s later, from its newest keyframe.
  }, 20_000);

  test('rings by MQTT', async () => {
    await sleep(afterPressMs);
    const from = rings.count;
    const pressedMs = performance.now();
    await world.say(button, 'pressed');
    expect((await rings.next(singlePress, 2_000, from)).atMs - pressedMs).toBeLessThan(ringsWithinMs);
    await sleep(500);
    expect(rings.values.slice(from)).toEqual([singlePress]);
  });

  test('with an identity of its own is called by it', async () => {
    const side = await EventLog.follow(await (await house.pair('Side Door')).fork(), hapService.doorbell, hapCharacteristic.programmableSwitchEvent);
    expect(await post({ path: '/cameras/side/doorbell', token })).toBeLessThan(300);
    await side.next(singlePress, 2_000, 0);
    expect(await post({ path: '/cameras/side-door/doorbell', token })).toBe(404);
  });

  test('does not ring for strangers, and nobody reads the token in the log', async () => {
    await sleep(afterPressMs);
    const from = rings.count;
    expect(await post({ token: `${token}!` })).toBe(401);
    expect(await post({})).toBe(401);
    expect(await post({ path: '/cameras/back-door/doorbell', token })).toBe(404);
    expect(await post({ body: 'x'.repeat(200_000), token })).toBe(413);
    await sleep(500);
    expect(rings.values.slice(from)).toEqual([]);
    expect(house.homebridge.log().join('\n')).not.toContain(token);
  });
});

describe('what happens', () => {
  test('is published: that the plugin is there, and motion', async () => {
    const motion = await EventLog.follow(await controller.fork(), hapService.motionSensor, hapCharacteristic.motionDetected);
    await world.say(pir, 'ON');
    await motion.next(true, 2_000, 0);
    await world.hears(report.motion, 'ON');
    await world.say(pir, 'OFF');
    await motion.next(false, 2_000, 0);
    await world.hears(report.motion, 'OFF');
    await using late = await OutsideWorld.join(broker.port);
    await late.hears(report.status, 'online');
    expect(late.heard).toEqual(expect.arrayContaining([{ topic: report.status, text: 'online', retained: true }, { topic: report.motion, text: 'OFF', retained: true }]));
  });

  test('goes on to be shown while the broker is gone; when it is back it is heard again', async () => {
    const live = await controller.startLive({ ...picture, fps: 30, bitrateKbps: 800 });
    await live.waitForUnits(10, 10_000);
    await broker.kill();
    const before = live.units().length;
    await live.waitForUnits(before + 60, 5_000);
    const { jpeg, ms } = await (await controller.fork()).snapshot(picture);
    expect(ms).toBeLessThan(1_000);
    expect((await decodeJpeg(jpeg)).marks).toBeDefined();
    await broker.revive();
    await world[Symbol.asyncDispose]();
    world = await OutsideWorld.join(broker.port);
    const from = rings.count;
    await until('the doorbell', async () => {
      await world.say(button, 'pressed');
      await sleep(500);
      return rings.count > from;
    });
    await live.waitForUnits(live.units().length + 30, 5_000);
    await live.stop();
    await world.hears(report.status, 'online');
  }, 45_000);

  test('is known to be unknown once Homebridge is killed', async () => {
    expect(world.texts(report.status).at(-1)).toBe('online');
    await house.homebridge.killHard();
    await world.hears(report.status, 'offline');
    await using late = await OutsideWorld.join(broker.port);
    await late.hears(report.status, 'offline');
  }, 20_000);
});
