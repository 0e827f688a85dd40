import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { resume } from '../support/controller/controller.js';
import { installedHomebridge, startHomebridge } from '../support/homebridge/homebridge.js';
import { ffmpegPath, House } from '../support/house.js';
import { decodeJpeg } from '../support/picture.js';

const request = { width: 640, height: 360, fps: 30, bitrateKbps: 299 };

test('without a camera nothing starts, and one friendly line says what to do', async () => {
  const homebridge = await startHomebridge({ platformConfig: { name: 'Camera Hub' } });
  const line = await homebridge.waitForLog(/No camera is set up yet/);
  const own = homebridge.log().filter((each) => each.startsWith('[Camera Hub]') && !each.includes('Initializing'));
  const started = homebridge.processes();
  await homebridge.stop();
  expect({ own, started }).toEqual({ own: [line], started: [] });
}, 30_000);

test('a camera with a wrong option is left out and named; the others run', async () => {
  await using house = await House.open({ Good: { options: { keepWarm: true } }, Bad: { options: { maxStreams: 99, source: 'rtsp://joe:hunter2@127.0.0.1/x' } } });
  const line = await house.homebridge.waitForLog(/Bad: option/);
  expect(line).toContain('Bad: option "maxStreams" is 99, allowed is a whole number from 1 to 8. This camera is left out.');
  const good = await house.pair('Good');
  expect((await decodeJpeg((await good.snapshot(request)).jpeg)).marks).toBeDefined();
  expect(await house.homebridge.accessories()).toHaveLength(1);
  expect(house.homebridge.log().join('\n')).not.toContain('hunter2');
}, 60_000);

test('a camera that is renamed, moved or given a new password keeps its pairing', async () => {
  await using house = await House.open({ 'Front Door': {} });
  const controller = await house.pair('Front Door');
  const { pairing } = controller;
  const source = house.camera('Front Door').url('main');
  const before = await house.homebridge.accessory('Front Door');
  for (const change of [
    { name: 'Main Entrance', source },
    { name: 'Main Entrance', source: source.replace('127.0.0.1', 'localhost') },
    { name: 'Main Entrance', source: source.replace('rtsp://', 'rtsp://joe:new-secret@') },
  ]) {
    await house.restart({ ...house.platformConfig, cameras: [change] });
    const accessory = await house.homebridge.accessory('Main Entrance');
    expect(accessory.id).toBe(before.id);
    const again = house.adopt(await resume({ host: '127.0.0.1', port: accessory.port, id: accessory.id, pairing }));
    expect((await decodeJpeg((await again.snapshot(request)).jpeg)).marks).toBeDefined();
  }
  const kept = await readFile(join(house.homebridge.storage, 'camera-hub', 'identities.json'), 'utf8');
  expect(kept).not.toMatch(/joe|new-secret/);
}, 120_000);

test('a camera behind the bridge is served by the bridge, and taken away when it is no longer configured', async () => {
  await using house = await House.open({ Porch: { options: { bridged: true, keepWarm: true } } });
  await house.homebridge.waitForLog(/Porch: connected/, 15_000);
  const controller = await house.pairBridge();
  const names = async () => (await controller.accessories()).length;
  expect(await names()).toBe(2);
  const live = await controller.startLive(request);
  await live.firstKeyframe(5_000);
  await live.stop();
  await house.restart({ ...house.platformConfig, cameras: [] });
  const again = house.adopt(await house.resumeBridge(controller.pairing));
  expect(await again.accessories()).toHaveLength(1);
}, 90_000);

describe('Homebridge 1.9', () => {
  const installed = installedHomebridge('homebridge-1') !== undefined;
  (installed ? test : test.skip)('shows live view and snapshots as well', async () => {
    await using house = await House.open({ Old: { options: { keepWarm: true } } }, { homebridge: 'homebridge-1' });
    await house.homebridge.waitForLog(/Old: connected/, 15_000);
    const controller = await house.pair('Old');
    const live = await controller.startLive(request);
    await live.waitForUnits(90, 10_000);
    await live.stop();
    expect((await live.decode({ ffmpegPath })).errors).toBe('');
    expect((await decodeJpeg((await controller.snapshot(request)).jpeg)).marks).toBeDefined();
  }, 60_000);
});
