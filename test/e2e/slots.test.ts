import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { prepareLive } from '../support/controller/live-receiver.js';
import { House } from '../support/house.js';

const request = { width: 640, height: 360, fps: 30, bitrateKbps: 299 };

test('the slots of a viewer who fell silent and of one who never started are free again after 30 s', async () => {
  await using house = await House.open({ Gate: { options: { keepWarm: true, maxStreams: 3 } } });
  const controller = await house.pair('Gate');
  const never = await prepareLive(controller, request);
  const silent = await controller.startLive({ ...request, reportEveryMs: 0 });
  const lively = await controller.startLive(request);
  await Promise.all([silent.firstKeyframe(8_000), lively.firstKeyframe(8_000)]);
  await expect(controller.startLive(request)).rejects.toThrow();

  await house.homebridge.waitForLog(/is given up: it was prepared and never started for 30 s/, 40_000);
  await house.homebridge.waitForLog(/is given up: the viewer said nothing for 30 s/, 40_000);
  await sleep(300);
  const sentToSilent = silent.video.capture.packets().length;
  const again = [await controller.startLive(request), await controller.startLive(request)];
  await Promise.all(again.map((view) => view.firstKeyframe(5_000)));
  expect(silent.video.capture.packets()).toHaveLength(sentToSilent);

  // The one who reported was not disturbed.
  const before = lively.units().length;
  await lively.waitForUnits(before + 30, 5_000);
  expect(lively.video.capture.statistics()).toMatchObject({ lost: 0 });
  await Promise.all([never.abandon(), silent.abandon(), lively.stop(), ...again.map((view) => view.stop())]);
}, 120_000);
