import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startCamera } from '../support/camera/rtsp-camera.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { busiestKbps, formatChanges, longestPauseMs, sessionFacts, unbrokenSession } from '../support/controller/view-measures.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';

const iphone = { width: 1280, height: 720, fps: 30, bitrateKbps: 299 };
const tile = { width: 640, height: 360, fps: 30, bitrateKbps: 150 };
const smallHevc = { ...smallFootage, codec: 'hevc' } as const;
const hevc = { codec: 'hevc', width: 1280, height: 720, bitrateKbps: 1_500, seconds: 8 } as const;
const h264 = { width: 1280, height: 720, bitrateKbps: 2_000, seconds: 8 } as const;

let house: House;

beforeAll(async () => {
  const keepWarm = { keepWarm: true };
  house = await House.open({
    Converted: { camera: { main: hevc }, options: keepWarm },
    Copied: { camera: { main: h264 }, options: keepWarm },
    Two: { camera: { main: h264, sub: smallFootage }, options: keepWarm },
    Lossy: { camera: { main: hevc }, options: keepWarm },
    Decoder: { camera: { main: smallHevc }, options: keepWarm },
    Encoder: { camera: { main: smallHevc }, options: keepWarm },
    Rebooting: { camera: { main: smallHevc }, options: keepWarm },
    Changing: { camera: { main: smallHevc }, options: keepWarm },
    Sizes: { camera: { main: smallFootage }, options: { ...keepWarm, maxWidth: 500, maxHeight: 180 } },
    Rates: { camera: { main: smallFootage }, options: { ...keepWarm, maxFps: 10, maxBitrate: 120 } },
    Forced: { camera: { main: smallFootage }, options: { ...keepWarm, liveVideo: 'copy', maxBitrate: 300 } },
    Cold: { camera: { main: smallFootage }, options: { maxBitrate: 300 } },
    Kept: { camera: { main: smallFootage }, options: { ...keepWarm, maxWidth: 640, maxHeight: 360, maxFps: 30, maxBitrate: 2_000 } },
  });
  await Promise.all(Object.keys(house.cameras).filter((name) => name !== 'Cold').map((name) => house.homebridge.waitForLog(new RegExp(`${name}: connected`), 30_000)));
  await sleep(5_000);
}, 240_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

/** Size and faults of the pictures from number `from` on. */
async function picture(live: LiveReceiver, from = 0, to = Infinity): Promise<{ readonly width: number; readonly height: number; readonly errors: string }> {
  const { width, height, errors } = await live.decode({ ffmpegPath, from, to });
  return { width, height, errors };
}

/** Waits until the view shows pictures of another kind, and some of them. Their first one's number. */
async function moved(live: LiveReceiver, times: number, timeoutMs = 15_000): Promise<number> {
  await live.video.waitForUnit(() => formatChanges(live.units()).length >= times, timeoutMs, live.units().length);
  const first = formatChanges(live.units())[times - 1] ?? 0;
  await live.waitForUnits(first + 60, 15_000);
  return first;
}

describe('RECONFIGURE', () => {
  test.concurrent('from 1280x720 at 299 kbit/s to 640x360 at 150 kbit/s: the picture gets there, the bitrate too, and nothing stops meanwhile', async () => {
    const live = await (await house.pair('Converted')).startLive(iphone);
    await live.waitForUnits(120, 20_000);
    const askedMs = performance.now();
    await live.reconfigure(tile);
    const first = await moved(live, 1);
    const movedMs = live.units()[first]?.firstArrivalMs ?? Infinity;
    await sleep(6_000);
    await live.stop();
    expect(sessionFacts(live)).toEqual(unbrokenSession);
    expect(longestPauseMs(live.units())).toBeLessThan(1_000 * (await machinePace()));
    expect(await picture(live, 0, first)).toEqual({ width: 1280, height: 720, errors: '' });
    expect(await picture(live, first)).toEqual({ width: 640, height: 360, errors: '' });
    expect(movedMs - askedMs).toBeLessThan(5_000);
    expect(busiestKbps(live, 0, askedMs)).toBeLessThan(1.2 * iphone.bitrateKbps);
    expect(busiestKbps(live, movedMs)).toBeLessThan(1.2 * tile.bitrateKbps);
    await house.homebridge.waitForLog(/Converted: live view .*640x360, 30 fps, 150 kbit\/s, asked for/);
  }, 60_000);

  test.concurrent('of a copied view to something smaller leads to a rendition, and back to the camera\'s own picture', async () => {
    const live = await (await house.pair('Copied')).startLive(iphone);
    await live.waitForUnits(90, 15_000);
    await live.reconfigure(tile);
    const smaller = await moved(live, 1);
    await live.reconfigure(iphone);
    const larger = await moved(live, 2);
    await live.stop();
    expect(sessionFacts(live)).toEqual(unbrokenSession);
    expect(longestPauseMs(live.units())).toBeLessThan(1_000 * (await machinePace()));
    expect(await picture(live, 0, smaller)).toEqual({ width: 1280, height: 720, errors: '' });
    expect(await picture(live, smaller, larger)).toEqual({ width: 640, height: 360, errors: '' });
    expect(await picture(live, larger)).toEqual({ width: 1280, height: 720, errors: '' });
    const arrived = live.units().slice(larger + 30);
    const span = (arrived.at(-1)?.lastArrivalMs ?? 0) - (arrived[0]?.lastArrivalMs ?? 0);
    expect((arrived.reduce((sum, { annexB }) => sum + annexB.length, 0) * 8) / span).toBeGreaterThan(1_000); // The camera's own, which is no rendition of 299 kbit/s.
  }, 60_000);
});

describe('a connection that loses packets for 5 s', () => {
  test.concurrent('gets the sub stream where that can be copied, and the log says why', async () => {
    const live = await (await house.pair('Two')).startLive(iphone);
    await live.waitForUnits(60, 15_000);
    live.reports.fakeLossFraction = 0.2;
    const losesMs = performance.now();
    const first = await moved(live, 1);
    const tookMs = (live.units()[first]?.firstArrivalMs ?? Infinity) - losesMs;
    await live.stop();
    expect(tookMs).toBeGreaterThan(4_000);
    expect(tookMs).toBeLessThan(10_000);
    expect(sessionFacts(live)).toEqual(unbrokenSession);
    expect(longestPauseMs(live.units())).toBeLessThan(1_000 * (await machinePace()));
    expect(await picture(live, first)).toEqual({ width: 640, height: 360, errors: '' });
    expect(house.camera('Two').statistics().playing.sub.now).toBe(1);
    await house.homebridge.waitForLog(/Two: live view .*as it loses packets\): sub stream, .*goes out as it is/);
  }, 60_000);

  test.concurrent('gets a smaller rendition where there is none, and the log says why', async () => {
    const live = await (await house.pair('Lossy')).startLive(iphone);
    await live.waitForUnits(60, 20_000);
    live.reports.fakeLossFraction = 0.2;
    const first = await moved(live, 1);
    live.reports.fakeLossFraction = undefined;
    await live.stop();
    expect(sessionFacts(live)).toEqual(unbrokenSession);
    expect(longestPauseMs(live.units())).toBeLessThan(1_000 * (await machinePace()));
    expect(await picture(live, first)).toEqual({ width: 854, height: 480, errors: '' });
    await house.homebridge.waitForLog(/Lossy: live view .*854x480.*as it loses packets\): main stream, converted/);
  }, 60_000);

  test.concurrent('but of less than 5 % stays as it is', async () => {
    const live = await (await house.pair('Kept')).startLive(tile);
    await live.waitForUnits(60, 15_000);
    live.reports.fakeLossFraction = 0.03;
    await sleep(8_000);
    await live.stop();
    expect(formatChanges(live.units())).toEqual([]);
    expect(house.homebridge.log().filter((line) => /Kept: live view .*loses packets/.test(line))).toEqual([]);
  }, 60_000);
});

describe('a view of HEVC goes on in the same session', () => {
  test.concurrent.each<[string, { readonly width: number; readonly height: number; readonly bitrateKbps: number }, RegExp]>([
    ['Decoder', { width: 480, height: 270, bitrateKbps: 150 }, /w=480:h=270.* rawvideo /],
    ['Encoder', { width: 320, height: 180, bitrateKbps: 100 }, / libx264 .* 95k /],
  ])('when its FFmpeg is killed, within 2 s: %s', async (name, request, itsArguments) => {
    const live = await (await house.pair(name)).startLive({ ...request, fps: 30 });
    await live.waitForUnits(60, 20_000);
    const victims = house.homebridge.ffmpegs().filter(({ args }) => itsArguments.test(args.join(' ')));
    expect(victims).toHaveLength(1);
    victims.forEach(({ pid }) => process.kill(pid, 'SIGKILL'));
    await house.homebridge.waitForLog(new RegExp(`${name}: .*\\[live-view-failed\\]`));
    await sleep(300);
    const stalledAt = live.units().length;
    await live.waitForUnits(stalledAt + 60, 15_000);
    await live.stop();
    expect(sessionFacts(live)).toEqual(unbrokenSession);
    expect(longestPauseMs(live.units())).toBeLessThan(2_000 * (await machinePace()));
    expect(await picture(live)).toEqual({ width: request.width, height: request.height, errors: '' });
  }, 60_000);

  test.concurrent('when the camera reboots', async () => {
    const camera = house.camera('Rebooting');
    const live = await (await house.pair('Rebooting')).startLive({ ...tile, width: 320, height: 180 });
    await live.waitForUnits(60, 20_000);
    await camera.stop();
    await sleep(3_000);
    const before = live.units().length;
    await camera.start();
    const returnedMs = performance.now();
    const unit = await live.video.waitForUnit(() => true, 15_000, before);
    await live.waitForUnits(before + 60, 15_000);
    await live.stop();
    expect(unit.lastArrivalMs - returnedMs).toBeLessThan(7_000);
    expect(sessionFacts(live)).toEqual(unbrokenSession);
    expect(await picture(live, before)).toEqual({ width: 320, height: 180, errors: '' });
  }, 60_000);

  test.concurrent('when the camera comes back with another size', async () => {
    const camera = house.camera('Changing');
    const live = await (await house.pair('Changing')).startLive(tile);
    await live.waitForUnits(60, 20_000);
    await camera.stop();
    const changed = await startCamera({ main: { ...smallHevc, width: 480, height: 360 }, port: camera.port, ffmpegPath });
    try {
      const before = live.units().length;
      const returnedMs = performance.now();
      const first = await live.video.waitForUnit(() => true, 15_000, before);
      expect(first.lastArrivalMs - returnedMs).toBeLessThan(7_000 * (await machinePace()));
      await live.video.waitForUnit(() => formatChanges(live.units()).length > 0, 15_000, before);
      await live.waitForUnits(live.units().length + 60, 15_000);
      await live.stop();
      expect(sessionFacts(live)).toEqual(unbrokenSession);
      const shape = await picture(live, formatChanges(live.units()).at(-1));
      expect(shape).toEqual({ width: 480, height: 360, errors: '' });
    } finally {
      await changed.close();
    }
  }, 60_000);
});

describe('the limits of a camera hold for a stream that could be copied', () => {
  test.concurrent.each<[string, object, object, RegExp]>([
    ['Sizes', { width: 320, height: 180 }, {}, /640x360 is more than the options allow/],
    ['Rates', { width: 640, height: 360 }, { fps: 10, kbps: 120 }, /more than the option "maxFps" allows/],
    ['Forced', { width: 640, height: 360 }, { kbps: 299 }, /more than the option "maxBitrate" allows/],
    ['Cold', { width: 640, height: 360 }, { kbps: 300 }, /maxBitrate/],
    ['Kept', { width: 640, height: 360 }, { fps: 30 }, /only stream, goes out as it is/],
  ])('%s', async (name, size, limits: { readonly fps?: number; readonly kbps?: number }, because) => {
    const live = await (await house.pair(name)).startLive(iphone);
    await live.waitForUnits(limits.fps === 10 ? 60 : 150, 25_000);
    await live.stop();
    expect(await picture(live)).toEqual({ ...size, errors: '' });
    const present = live.units().slice(-40);
    const spanMs = (((present.at(-1)?.timestamp ?? 0) - (present[0]?.timestamp ?? 0)) | 0) / 90;
    if (limits.fps !== undefined) {
      expect(((present.length - 1) * 1_000) / spanMs).toBeCloseTo(limits.fps, 0);
    }
    if (limits.kbps !== undefined) {
      expect(busiestKbps(live)).toBeLessThan(1.2 * limits.kbps);
    }
    await house.homebridge.waitForLog(new RegExp(`${name}: live view .*${because.source}`));
  }, 60_000);
});
