import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hdsReason } from '../support/controller/recording-receiver.js';
import { sessionFacts, unbrokenSession } from '../support/controller/view-measures.js';
import { decodeClip } from '../support/clip.js';
import { PluggedDevices, type PluggedDevice } from '../support/capture/plugged-devices.js';
import { comparedSize, shrunk, TestPictures } from '../support/capture/test-pictures.js';
import { ffmpegPath, House } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { decodeJpeg } from '../support/picture.js';
import { StandIns } from '../support/stand-in-ffmpeg.js';
import { until } from '../support/until.js';

const fps = 30;
const desk: PluggedDevice = { number: 0, name: 'Desk', id: 'Acme_Desk', offers: ['Raw       :     yuyv422 :           YUYV 4:2:2 : 640x360'] };
const phone = { width: 1280, height: 720, fps, bitrateKbps: 299 };
const tile = { width: 320, height: 180, fps, bitrateKbps: 100 };
/** Of 255: what two or three compressions of a small picture leave different. */
const mostApart = 6;
/** Of filming, while the test looks. */
const longestSeconds = 90;

(process.platform === 'linux' ? describe : describe.skip)('a USB camera', () => {
  let standIns: StandIns;
  let plugged: PluggedDevices;
  let house: House;
  let opened: () => Promise<readonly string[]>;

  beforeAll(async () => {
    standIns = await StandIns.open();
    plugged = await PluggedDevices.open(desk);
    const ffmpeg = await standIns.withDevices('ffmpeg');
    opened = () => standIns.opened(ffmpeg);
    const options = { source: `usb:${plugged.link('Acme_Desk')}`, motionDetection: 'off' };
    house = await House.open({ Desk: { camera: false, options } }, { platformConfig: { ffmpegPath: ffmpeg.path } });
  }, 60_000);

  afterAll(async () => {
    await house[Symbol.asyncDispose]();
    await plugged[Symbol.asyncDispose]();
    await standIns[Symbol.asyncDispose]();
  }, 30_000);

  test('two viewers, a snapshot and a recording at once: one opener, one encoder at the ingest, and everybody gets what it films', async () => {
    const pace = await machinePace();
    const [first, second] = [await house.pair('Desk'), await house.pair('Desk')];
    await first.armRecording({ width: 1280, height: 720, fps, audio: false });
    await house.homebridge.waitForLog(/Desk: connected, camera sends H\.264 High .*, 640x360\./, 20_000 * pace);
    const connectedMs = performance.now();
    await until('there is a past', () => performance.now() - connectedMs > 6_500, 10_000);

    const [large, small] = [await first.startLive(phone), await second.startLive(tile)];
    await Promise.all([large, small].map((live) => live.firstKeyframe(10_000 * pace)));
    const third = await house.pair('Desk');
    await using recording = await third.openRecording();
    const snapshot = await third.snapshot({ width: 640, height: 360 });
    await recording.fragments(3, 30_000 * pace);
    await Promise.all([large, small].map((live) => live.waitForUnits(90, 20_000 * pace)));
    // One reads the device and encodes; another makes the smaller view of that.
    const readers = house.homebridge.ffmpegs().filter(({ args }) => args.some((arg) => arg.startsWith('testsrc2')));
    expect(readers).toHaveLength(1);
    expect(readers[0]?.args).toContain('libx264');
    expect(await opened()).toEqual([plugged.path(0)]);
    recording.close(hdsReason.normal);
    await Promise.all([large.stop(), small.stop()]);

    expect([large, small].map(sessionFacts)).toEqual([unbrokenSession, unbrokenSession]);
    const filmed = await TestPictures.make({ width: 640, height: 360, fps, seconds: longestSeconds });
    const [seenLarge, seenSmall] = await Promise.all([large, small].map(async (live) => live.decode({ ffmpegPath, luma: comparedSize })));
    const recorded = await decodeClip(recording.clip(), { ffmpegPath, luma: comparedSize });
    expect([seenLarge?.errors, seenSmall?.errors, recorded.errors]).toEqual(['', '', '']);
    expect(seenLarge?.width).toBe(640); // The camera's own, as encoded for all.
    expect(seenSmall?.width).toBe(320);
    const still = await decodeJpeg(snapshot.jpeg);
    expect(still).toMatchObject({ width: 640, height: 360 });

    const numbers = (pictures: readonly Buffer[]): readonly number[] => {
      const found = [0, 30, 60].map((index) => filmed.nearest(pictures[index] ?? Buffer.alloc(0)));
      expect(Math.max(...found.map(({ apart }) => apart))).toBeLessThan(mostApart);
      return found.map(({ index }) => index);
    };
    const viewed = numbers(seenLarge?.luma ?? []);
    const recordedNumbers = numbers(recorded.pictures.map(({ luma }) => luma));
    const photographed = filmed.nearest(shrunk(still));
    expect(photographed.apart).toBeLessThan(mostApart);
    expect([viewed, recordedNumbers].map(([begin = NaN, ...rest]) => rest.map((number) => number - begin))).toEqual([[30, 60], [30, 60]]);
    numbers(seenSmall?.luma ?? []);
    // The views began 6.5 s and more after the first picture, the recording 4 s before it was asked for.
    expect(photographed.index).toBeGreaterThan(recordedNumbers[0] ?? NaN);
    expect(photographed.index - (recordedNumbers[0] ?? NaN)).toBeGreaterThan(2 * fps);
  }, 120_000);

  test('unplugged, its tile says so; plugged in again under another number it is back, for the same opener', async () => {
    const pace = await machinePace();
    const controller = await house.pair('Desk');
    const before = await opened();
    const from = house.homebridge.log().length;
    await plugged.unplug(desk);
    await house.homebridge.waitForLog(/Desk: the USB camera is not there.*\[device-missing\]/, 10_000 * pace, from);
    await plugged.plug({ ...desk, number: 3 });
    await house.homebridge.waitForLog(/Desk: camera is back/, 15_000 * pace, from);
    expect(await opened()).toEqual([...before, plugged.path(3)]);
    const live = await controller.startLive(phone);
    await live.waitForUnits(30, 15_000 * pace);
    await live.stop();
    expect(await live.decode({ ffmpegPath })).toMatchObject({ width: 640, height: 360, errors: '' });
  }, 90_000);
});
