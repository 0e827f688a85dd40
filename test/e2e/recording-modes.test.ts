import { describe, expect, test } from '@jest/globals';
import { HapStatusError, resume, type Controller } from '../support/controller/controller.js';
import { hapCharacteristic, hapService, longUuid } from '../support/controller/hap-types.js';
import { HomeSwitch } from '../support/controller/home-switch.js';
import { recordingState } from '../support/controller/recording-client.js';
import { hdsReason } from '../support/controller/recording-receiver.js';
import { installedHomebridge } from '../support/homebridge/homebridge.js';
import { processFacts } from '../support/homebridge/process-tree.js';
import { House, smallFootage } from '../support/house.js';
import { decodeJpeg } from '../support/picture.js';
import { FfmpegWatch, openClip, recordClip, sendingFor } from '../support/recorded-clip.js';
import { until } from '../support/until.js';

/** Longer than a clip reaches back, so that each picture of it is known. */
const small = { ...smallFootage, seconds: 20, audio: 'pcma' } as const;
const selection = { width: 1280, height: 720, fps: 30, bitrateKbps: 1500 } as const;
const picture = { width: 640, height: 360 } as const;
const view = { ...picture, fps: 30, bitrateKbps: 800 } as const;
const enoughPastMs = 6_500;
const mebibyte = 1024 * 1024;

/** Not in `hapService`: only the option "motionSwitch" makes one. */
const theSwitch = { service: '49', on: '25' } as const;

const setCameraActive = (controller: Controller, on: boolean) => controller.put(hapService.cameraOperatingMode, hapCharacteristic.homeKitCameraActive, on);

test.concurrent('a camera that is off in the Home app is left alone, and all works again when it is on', async () => {
  await using house = await House.open({ Den: { camera: { main: small }, options: { motionDetection: 'off' } } });
  const camera = house.camera('Den');
  const controller = await house.pair('Den');
  await using unarmed = await controller.openRecording();
  expect(unarmed.status).toBe(hdsReason.notAllowed);
  await controller.armRecording(selection);
  await sendingFor(camera, enoughPastMs);
  using watch = new FfmpegWatch(house.homebridge);
  await using clip = await openClip(camera, controller);
  const viewer = await controller.fork();
  const live = await viewer.startLive(view);
  await Promise.all([clip.recording.fragments(1, 15_000), live.firstKeyframe(8_000)]);

  await setCameraActive(controller, false);
  const offMs = performance.now();
  await until('letting go of the camera', () => camera.statistics().connections.now === 0, 5_000);
  await until('the end of all FFmpegs', () => house.homebridge.ffmpegs().length === 0, 5_000);
  expect(watch.started.length).toBeGreaterThanOrEqual(1); // The sound's.
  expect(await clip.recording.ended(2_000)).toEqual({ by: 'close', reason: hdsReason.notAllowed });
  expect(live.video.capture.packets().filter(({ arrivalMs }) => arrivalMs > offMs + 2_000)).toEqual([]);
  await live.abandon();
  await expect(controller.snapshot(picture)).rejects.toThrow(HapStatusError);
  await expect(controller.startLive(view)).rejects.toThrow();
  await using refused = await controller.openRecording();
  expect(refused.status).toBe(hdsReason.notAllowed);
  expect(camera.statistics()).toMatchObject({ connections: { now: 0 }, playedConnections: { total: 1 } });

  await setCameraActive(controller, true);
  await sendingFor(camera, enoughPastMs); // Nobody asks for it.
  expect((await decodeJpeg((await controller.snapshot(picture)).jpeg)).marks).toBeDefined();
  const again = await controller.startLive(view);
  await again.firstKeyframe(8_000);
  await again.stop();
  const next = await recordClip(camera, controller);
  expect(next.faults).toEqual([]);
  expect(next.pastMs).toBeGreaterThanOrEqual(4_000);
}, 120_000);

test.concurrent('a recording that runs when privacy is turned on ends properly, and nothing is recorded until it is off', async () => {
  await using house = await House.open({ Nursery: { camera: { main: small }, options: { privacySwitch: true, motionDetection: 'off' } } });
  const camera = house.camera('Nursery');
  const controller = await house.pair('Nursery');
  await controller.armRecording(selection);
  await sendingFor(camera, enoughPastMs);
  const privacy = await HomeSwitch.find(controller, 'Nursery Privacy');
  await using clip = await openClip(camera, controller);
  await clip.recording.fragments(1, 15_000);
  await privacy.turn(true);
  expect(await clip.recording.ended(5_000)).toEqual({ by: 'endOfStream' });
  clip.recording.acknowledge();
  expect((await clip.check()).faults).toEqual([]);
  await until('letting go of the camera', () => camera.statistics().connections.now === 0, 5_000);
  const askedMs = performance.now();
  await using refused = await controller.openRecording(); // hap-nodejs accepts it, and closes it when the plugin refuses.
  expect(await refused.ended(3_000)).toEqual({ by: 'close', reason: hdsReason.notAllowed });
  expect(performance.now() - askedMs).toBeLessThan(3_000);
  expect(house.homebridge.log().join('\n')).not.toMatch(/recording-no-picture|recording-cut-short/);
  await privacy.turn(false);
  await sendingFor(camera, enoughPastMs);
  expect((await recordClip(camera, controller)).faults).toEqual([]);
}, 120_000);

test.concurrent('a camera that is not to record any more is let go of, and asks for nothing', async () => {
  await using house = await House.open({ Attic: { camera: { main: small }, options: { idleTimeout: 10 } } });
  const camera = house.camera('Attic');
  const controller = await house.pair('Attic');
  await controller.armRecording(selection);
  await sendingFor(camera, 3_000);
  await controller.disarmRecording();
  await using refused = await controller.openRecording();
  expect(refused.status).toBe(hdsReason.notAllowed);
  await until('letting go of the camera', () => camera.statistics().connections.now === 0, 30_000); // The decoder that looked for motion goes first.
  expect(house.homebridge.ffmpegs()).toEqual([]);
}, 90_000);

test.concurrent('motion: a sensor that belongs to the recordings, a switch that sets it; neither where recording is not wanted', async () => {
  await using house = await House.open({
    Porch: { options: { motionSwitch: true } },
    Cellar: { options: { recording: false } },
    Shed: { options: { recording: false, motionSwitch: true } },
  });
  const kinds = { recording: hapService.cameraRecordingManagement, mode: hapService.cameraOperatingMode, data: hapService.dataStreamTransportManagement, motion: hapService.motionSensor, switch: theSwitch.service };
  const has = async (controller: Controller) => Object.fromEntries(await Promise.all(Object.entries(kinds).map(async ([kind, type]) => [kind, await controller.serviceCount(type)] as const)));
  const [porch, cellar, shed] = [await house.pair('Porch'), await house.pair('Cellar'), await house.pair('Shed')];
  expect(await has(porch)).toEqual({ recording: 1, mode: 1, data: 1, motion: 1, switch: 1 });
  expect(await has(cellar)).toEqual({ recording: 0, mode: 0, data: 0, motion: 0, switch: 0 });
  expect(await has(shed)).toEqual({ recording: 0, mode: 0, data: 0, motion: 1, switch: 1 });

  const services = (await porch.accessories()).flatMap((accessory) => accessory.services) as readonly { readonly iid: number; readonly type: string; readonly linked?: readonly number[] }[];
  const iid = (type: string) => services.find((service) => service.type === longUuid(type))?.iid;
  const linked = services.find(({ type }) => type === longUuid(hapService.cameraRecordingManagement))?.linked;
  expect([...(linked ?? [])].sort()).toEqual([iid(hapService.motionSensor), iid(hapService.dataStreamTransportManagement)].sort());

  for (const controller of [porch, shed]) {
    const reported: unknown[] = [];
    const listener = await controller.fork();
    await listener.subscribe(hapService.motionSensor, hapCharacteristic.motionDetected, (value) => reported.push(value));
    const detected = async () => Boolean(await controller.get(hapService.motionSensor, hapCharacteristic.motionDetected));
    expect(await detected()).toBe(false);
    await controller.put(theSwitch.service, theSwitch.on, true);
    await until('motion', () => reported.length === 1, 5_000);
    expect(await detected()).toBe(true);
    await controller.put(theSwitch.service, theSwitch.on, false);
    await until('no motion', () => reported.length === 2, 5_000);
    expect(reported.map(Boolean)).toEqual([true, false]);
  }
}, 90_000);

test.concurrent('after a restart of Homebridge the camera is connected unasked, and records what was selected, with its past', async () => {
  await using house = await House.open({ Hall: { camera: { main: small } } });
  const camera = house.camera('Hall');
  const controller = await house.pair('Hall');
  const { pairing } = controller;
  await controller.armRecording(selection);
  await sendingFor(camera, 2_000);
  const before = await recordingState(controller);
  expect(before).toMatchObject({ active: true, audio: true, selection });
  await house.restart();
  await sendingFor(camera, enoughPastMs); // Nobody is connected to the accessory.
  const { port, id } = await house.homebridge.accessory('Hall');
  const again = house.adopt(await resume({ host: '127.0.0.1', port, id, pairing }));
  expect(await recordingState(again)).toEqual(before);
  const clip = await recordClip(camera, again);
  expect(clip.faults).toEqual([]);
  expect(clip.pastMs).toBeGreaterThanOrEqual(4_000);
  expect(clip.flashes.filter(({ beepSeconds }) => beepSeconds !== undefined).length).toBeGreaterThanOrEqual(5);
  expect(camera.statistics().playedConnections).toMatchObject({ highest: 1, total: 2 });
}, 120_000);

test.concurrent('a hub that stops reading costs bounded memory, and the next recording works', async () => {
  await using house = await House.open({ Street: { camera: { main: { bitrateKbps: 20_000, seconds: 4 } } } });
  const camera = house.camera('Street');
  const controller = await house.pair('Street');
  const rss = () => (processFacts(house.homebridge.pid)?.rssBytes ?? NaN) / mebibyte;
  await controller.armRecording({ ...selection, width: 1920, height: 1080, audio: false });
  await sendingFor(camera, 12_000); // The past is full: its memory does not count.
  const before = rss();
  await using clip = await openClip(camera, controller);
  await clip.recording.initialization(5_000);
  clip.recording.stopReading();
  let most = 0;
  using _sampling = setInterval(() => (most = Math.max(most, rss())), 100);
  const line = await house.homebridge.waitForLog(/Street: a recording ended early/, 60_000);
  expect(line).toMatch(/the hub has left [12]\d\.\d MB unread/);
  const ended = rss();
  // hap-nodejs waits 12 s for the hub to take the rest.
  await house.homebridge.waitForLog(/Street: recording closed/, 20_000);
  expect(most - before).toBeLessThan(150); // 90 measured: 16 MiB unread, fragments of 10 MB in the making, garbage.
  expect(rss() - ended).toBeLessThan(20);
  await clip[Symbol.asyncDispose]();

  await using next = await openClip(camera, controller);
  await next.recording.fragments(2, 20_000);
  next.recording.close();
  expect((await next.check()).faults).toEqual([]);
}, 150_000);

test.concurrent('after Homebridge was killed hard in the middle of a recording, no FFmpeg is left', async () => {
  await using house = await House.open({ Loft: { camera: { main: { ...small, codec: 'hevc' } }, options: { motionDetection: 'off' } } });
  const controller = await house.pair('Loft');
  await controller.armRecording(selection);
  await sendingFor(house.camera('Loft'), enoughPastMs);
  await using clip = await openClip(house.camera('Loft'), controller);
  await clip.recording.fragments(1, 15_000);
  await until('the encoders', () => house.homebridge.ffmpegs().length === 3, 5_000);
  house.camera('Loft').freeze();
  await house.homebridge.killHard();
  // Twice its own limit of 5 s: it waits for the camera once more when it closes the connection.
  await until('the end of all FFmpegs', () => house.homebridge.ffmpegs().length === 0, 15_000);
}, 90_000);

describe('Homebridge 1.9', () => {
  const installed = installedHomebridge('homebridge-1') !== undefined;
  (installed ? test.concurrent : test.skip)('records as well', async () => {
    await using house = await House.open({ Old: { camera: { main: small }, options: { motionDetection: 'off' } } }, { homebridge: 'homebridge-1' });
    const camera = house.camera('Old');
    const controller = await house.pair('Old');
    await controller.armRecording(selection);
    await sendingFor(camera, enoughPastMs);
    using watch = new FfmpegWatch(house.homebridge);
    for (const reason of [hdsReason.normal, hdsReason.timeout]) {
      await using clip = await openClip(camera, controller);
      await clip.recording.fragments(2, 20_000);
      clip.recording.close(reason);
      const checked = await clip.check();
      expect(checked.faults).toEqual([]);
      expect(checked.firstDataMs).toBeLessThan(1_000);
      expect(checked.pastMs).toBeGreaterThanOrEqual(4_000);
      expect(checked.flashes.filter(({ beepSeconds }) => beepSeconds !== undefined).length).toBeGreaterThanOrEqual(5);
      await until('the end of the encoder', () => watch.living.length === 0, 5_000);
    }
    await house.homebridge.waitForLog(/Old: the home hub stopped a recording.*reason 6: it waited too long for data/);
    await using last = await openClip(camera, controller);
    await last.recording.fragments(1, 15_000);
    await camera.stop();
    expect(await last.recording.ended(10_000)).toEqual({ by: 'endOfStream' });
    expect((await last.check()).faults).toEqual([]);
  }, 120_000);
});
