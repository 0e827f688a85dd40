import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { decodeJpeg } from '../support/picture.js';

const request = { width: 640, height: 360, fps: 30, bitrateKbps: 299 };

test('a camera is connected when it is needed, left alone after its idle time, and its last picture serves meanwhile', async () => {
  await using house = await House.open({ Shed: { options: { idleTimeout: 10 } } });
  const camera = house.camera('Shed');
  const controller = await house.pair('Shed');
  expect(camera.statistics().playedConnections.total).toBe(0);

  const cold = await controller.snapshot(request);
  expect(cold.ms).toBeLessThan(4_500);
  const marks = (await decodeJpeg(cold.jpeg)).marks;
  expect(marks).toBeDefined();
  expect(camera.statistics().playing.main).toMatchObject({ now: 1, total: 1 });

  await sleep(11_000);
  expect(camera.statistics().playing.main).toMatchObject({ now: 0, total: 1 });
  expect(house.homebridge.ffmpegs().filter(({ args }) => args.includes('-rtsp_transport'))).toEqual([]);

  const asleep = await controller.snapshot(request);
  expect(asleep.ms).toBeLessThan(1_000);
  expect((await decodeJpeg(asleep.jpeg)).marks).toBeDefined();
  expect(camera.statistics().playing.main).toMatchObject({ now: 0, total: 1 });

  const live = await controller.startLive(request);
  const first = await live.firstKeyframe(8_000);
  expect(first.sinceStartAnsweredMs).toBeGreaterThan(0); // START did not wait for the camera.
  await live.stop();
  expect(camera.statistics().playing.main).toMatchObject({ now: 1, total: 2 });
}, 90_000);

test('a dashboard that asks every second lets the camera sleep, and a live view has it back for the whole idle time', async () => {
  await using house = await House.open({ Barn: { options: { idleTimeout: 10 } } });
  const camera = house.camera('Barn');
  const controller = await house.pair('Barn');
  const connected = (): boolean => camera.statistics().playing.main.now > 0;
  /** Asks once a second. @returns for how many milliseconds the camera was connected meanwhile. */
  const dashboard = async (ms: number): Promise<number> => {
    const samples: boolean[] = [];
    const sampler = setInterval(() => samples.push(connected()), 100);
    const endMs = performance.now() + ms;
    while (performance.now() < endMs) {
      const { jpeg, ms: answeredMs } = await controller.snapshot(request);
      expect(answeredMs).toBeLessThan(4_500);
      expect((await decodeJpeg(jpeg)).marks).toBeDefined();
      await sleep(1_000);
    }
    clearInterval(sampler);
    return (samples.filter(Boolean).length / samples.length) * ms;
  };

  expect(await dashboard(13_000)).toBeGreaterThan(7_000); // Somebody might be about to look.
  expect(await dashboard(20_000)).toBeLessThan(6_500); // Half of it and more without anything against dashboards.
  expect(camera.statistics().playing.main.total).toBeGreaterThanOrEqual(2);

  const live = await controller.startLive(request);
  await live.firstKeyframe(8_000);
  await live.stop();
  expect(await dashboard(6_000)).toBeGreaterThan(5_500);
}, 90_000);

test('small pictures come from the sub stream, large ones from the main stream, each opened once', async () => {
  await using house = await House.open({ Yard: { camera: { main: { ...smallFootage, width: 1280, height: 720 }, sub: { ...smallFootage, width: 320, height: 180, bitrateKbps: 200 } }, options: { keepWarm: true } } });
  const controller = await house.pair('Yard');
  await house.homebridge.waitForLog(/Yard: connected, main stream sends .* 1280x720/, 15_000);
  await house.homebridge.waitForLog(/Yard: connected, sub stream sends .* 320x180/, 15_000);
  expect(await decodeJpeg((await controller.snapshot({ width: 320, height: 180 })).jpeg)).toMatchObject({ width: 320 });
  expect(await decodeJpeg((await controller.snapshot({ width: 640, height: 360 })).jpeg)).toMatchObject({ width: 640 });
  const small = await controller.startLive({ ...request, width: 320, height: 180 });
  const large = await controller.startLive({ ...request, width: 1280, height: 720 });
  await Promise.all([small, large].map((view) => view.waitForUnits(60, 10_000)));
  const sizes = await Promise.all([small, large].map(async (view) => (await view.decode({ ffmpegPath })).width));
  expect(sizes).toEqual([320, 1280]);
  await Promise.all([small.stop(), large.stop()]);
  expect(house.camera('Yard').statistics().playing).toMatchObject({ main: { highest: 1, total: 1 }, sub: { highest: 1, total: 1 } });
}, 90_000);
