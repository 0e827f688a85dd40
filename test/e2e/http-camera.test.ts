import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { ffmpegPath, House } from '../support/house.js';
import { HttpCamera } from '../support/http-camera/http-camera.js';
import { makeJpegs } from '../support/http-camera/jpegs.js';
import { stepsBetween } from '../support/http-camera/numbers.js';
import { machinePace } from '../support/machine-pace.js';
import { decodeJpeg } from '../support/picture.js';
import { readMarks } from '../support/camera/marks.js';

const iphone = { width: 1280, height: 720, fps: 30, bitrateKbps: 299 };
const size = { width: 640, height: 360 };

test('a camera of JPEGs: a live view shows them, a snapshot is one of them as it is, both from one connection', async () => {
  const pictures = await makeJpegs(size);
  await using camera = await HttpCamera.open({ pictures, login: { method: 'digest', user: 'joe', password: 'p@ss', qop: true } });
  await using house = await House.open({ Printer: { options: { source: camera.url('/mjpeg'), username: 'joe', password: 'p@ss', keepWarm: true } } });
  const controller = await house.pair('Printer');
  await house.homebridge.waitForLog(/Printer: connected, camera sends H.264 .* 640x360/, 20_000);

  const live = await controller.startLive(iphone);
  await live.firstKeyframe(5_000);
  const [{ jpeg, ms }] = await Promise.all([controller.snapshot(size), live.waitForUnits(40, 15_000)]);
  await live.stop();
  expect(ms).toBeLessThan(1_000);
  const number = pictures.findIndex((each) => each.equals(jpeg));
  expect(number).toBeGreaterThan(-1);
  expect(performance.now() - (camera.sentAt(number) ?? NaN)).toBeLessThan(20_000);

  const { luma, errors } = await live.decode({ ffmpegPath, luma: size });
  expect(errors).toBe('');
  const steps = stepsBetween(luma.map((each) => readMarks(each, size.width, size.height)?.counter), pictures.length);
  expect(steps).not.toContain(NaN);
  expect(steps.filter((step) => step === 1).length).toBeGreaterThan((steps.length * 0.8) / (await machinePace())); // A busy machine leaves some out.
  expect(camera.connections).toMatchObject({ total: 1 });
  expect(house.homebridge.log().filter((line) => /p@ss|p%40ss/.test(line))).toEqual([]);
}, 90_000);

test('the still picture of a battery camera: a snapshot shows it, and the camera is left alone', async () => {
  const pictures = await makeJpegs({ ...size, count: 5 });
  await using still = await HttpCamera.open({ pictures });
  await using house = await House.open({ Garden: { options: { stillImage: still.url('/jpeg'), idleTimeout: 10 } } });
  const controller = await house.pair('Garden');
  const { jpeg, ms } = await controller.snapshot(size);
  expect(ms).toBeLessThan(1_500);
  expect(pictures.some((each) => each.equals(jpeg))).toBe(true);
  const small = await decodeJpeg((await controller.snapshot({ width: 160, height: 90 })).jpeg);
  expect(small).toMatchObject({ width: 160, height: 90 });
  await sleep(500);
  expect(house.camera('Garden').statistics().playedConnections.total).toBe(0);
  expect(still.requests).toHaveLength(1);
}, 90_000);
