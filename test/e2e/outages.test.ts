import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { ffmpegPath, House } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { decodeJpeg } from '../support/picture.js';

const request = { width: 640, height: 360, fps: 30, bitrateKbps: 299 };

let house: House;

beforeAll(async () => {
  house = await House.open({
    'Short Outage': {},
    'Long Outage': {},
    Frozen: {},
    Garbage: {},
    Locked: { camera: { authentication: { method: 'digest', user: 'joe', password: 's3cret/p@ss' } }, options: { keepWarm: true } },
    Half: { options: { substream: 'rtsp://127.0.0.1:9/sub' } },
    Missing: { options: { source: 'rtsp://joe:hunter2@127.0.0.1:9/main' } },
  });
}, 120_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

/** Runs a view through a fault and returns how long after the camera's return its picture is back. */
async function outage(name: string, begin: () => Promise<void> | void, end: () => Promise<void> | void, ms: number): Promise<{ live: LiveReceiver; backAfterMs: number; before: number }> {
  const controller = await house.pair(name);
  const live = await controller.startLive(request);
  await live.waitForUnits(30, 15_000);
  await begin();
  await sleep(ms);
  const before = live.units().length;
  await end();
  const returnedMs = performance.now();
  const unit = await live.video.waitForUnit(() => true, 15_000, before);
  await live.waitForUnits(before + 60, 15_000);
  await live.stop();
  return { live, backAfterMs: unit.lastArrivalMs - returnedMs, before };
}

/** The view went on as the same RTP session: one source, no gap in the numbers, times that rise with the wall clock. */
async function expectUnbroken(live: LiveReceiver, before: number): Promise<void> {
  const { ssrcs, lost } = live.video.capture.statistics();
  expect({ sources: ssrcs.length, lost }).toEqual({ sources: 1, lost: 0 });
  const units = live.units();
  expect(units[before]?.keyframe).toBe(true);
  // Not the last one before: FFmpeg gives that up late. And once the burst of the new connection is through.
  const [last, later] = [units[before - 5], units[before + 50]];
  const rtpMs = (((later?.timestamp ?? 0) - (last?.timestamp ?? 0)) | 0) / 90;
  const arrivalMs = (later?.lastArrivalMs ?? 0) - (last?.lastArrivalMs ?? 0);
  expect(Math.abs(rtpMs - arrivalMs)).toBeLessThan(100 * (await machinePace()));
  expect((await live.decode({ ffmpegPath, from: before })).errors).toBe('');
}

describe('a running view survives', () => {
  test.concurrent('a camera that is gone for 5 s', async () => {
    const camera = house.camera('Short Outage');
    const { live, backAfterMs, before } = await outage('Short Outage', () => camera.stop(), () => camera.start(), 5_000);
    expect(backAfterMs).toBeLessThan(6_000);
    await expectUnbroken(live, before);
  }, 60_000);

  test.concurrent('a camera that is gone for 70 s', async () => {
    const camera = house.camera('Long Outage');
    const { live, backAfterMs, before } = await outage('Long Outage', () => camera.stop(), () => camera.start(), 70_000);
    expect(backAfterMs).toBeLessThan(6_000);
    await expectUnbroken(live, before);
    const told = house.homebridge.log().filter((line) => line.includes('Long Outage: ') && line.includes('[camera-'));
    expect(told.length).toBeLessThanOrEqual(2); // It went away; it cannot be reached. Not once for each try.
    expect(house.homebridge.log().some((line) => /Long Outage: camera is back after 7\d s/.test(line))).toBe(true);
  }, 120_000);

  test.concurrent('a camera that freezes for 15 s, with its connection open', async () => {
    const camera = house.camera('Frozen');
    const { live, backAfterMs, before } = await outage('Frozen', () => camera.freeze(), () => camera.thaw(), 15_000);
    expect(backAfterMs).toBeLessThan(11_000); // A try against the frozen camera takes 5 s to give up.
    await expectUnbroken(live, before);
  }, 60_000);

  test.concurrent('a camera that sends garbage for 3 s', async () => {
    const camera = house.camera('Garbage');
    const { live, backAfterMs } = await outage('Garbage', () => camera.sendGarbage('bytes', 3_000), () => undefined, 3_000);
    expect(backAfterMs).toBeLessThan(6_000);
    expect(live.video.capture.statistics()).toMatchObject({ lost: 0 });
  }, 60_000);
});

describe('a camera that refuses', () => {
  test.concurrent('the password is told once, without the password, and comes back by itself', async () => {
    const camera = house.camera('Locked');
    const controller = await house.pair('Locked');
    await controller.snapshot({ width: 640, height: 360 });
    camera.setPassword('other');
    camera.dropConnections();
    const line = await house.homebridge.waitForLog(/Locked: .*\[camera-refused-login\]/, 15_000);
    expect(line).toMatch(/refused the user name or password/);
    await sleep(5_000);
    expect(house.homebridge.log().filter((each) => each.includes('[camera-refused-login]'))).toHaveLength(1);
    camera.setPassword('s3cret/p@ss');
    const live = await controller.startLive(request);
    await live.firstKeyframe(8_000);
    await live.stop();
    expect(house.homebridge.log().join('\n')).not.toMatch(/s3cret|p%40ss|joe/);
  }, 60_000);

  test.concurrent('one of its streams: the other serves snapshots and views', async () => {
    const controller = await house.pair('Half');
    const small = { ...request, width: 320, height: 180 };
    const live = await controller.startLive(small);
    await live.firstKeyframe(10_000);
    await live.stop();
    const { jpeg, ms } = await controller.snapshot(small);
    expect(ms).toBeLessThan(2_000);
    expect((await decodeJpeg(jpeg)).marks).toBeDefined();
  }, 40_000);

  test.concurrent('to be there: the snapshot says so in time, and says since when', async () => {
    const controller = await house.pair('Missing');
    const first = await controller.snapshot({ width: 640, height: 360 });
    expect(first.ms).toBeLessThan(4_500);
    expect(await decodeJpeg(first.jpeg)).toMatchObject({ width: 640, height: 360, marks: undefined });
    const second = await controller.snapshot({ width: 1280, height: 720 });
    expect(second.ms).toBeLessThan(1_500);
    await house.homebridge.waitForLog(/Missing: the camera cannot be reached \(connection refused\)/, 5_000);
    expect(house.homebridge.log().join('\n')).not.toContain('hunter2');
  }, 30_000);
});
