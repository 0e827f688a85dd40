import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { readMarks } from '../support/camera/marks.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { startFakeGpu, type FakeGpu, type FakeGpuMode } from '../support/fake-gpu.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';

const request = { width: 640, height: 360, fps: 15, bitrateKbps: 300 };
/** The last part of the table of what was tried. */
const probed = /^\s+Chosen: /;

async function openHouse(platform: Readonly<Record<string, unknown>>): Promise<House> {
  const house = await House.open({ Door: { camera: { main: { ...smallFootage, codec: 'hevc' } }, options: { keepWarm: true } } });
  await house.restart({ ...house.platformConfig, ...platform });
  await house.homebridge.waitForLog(/Door: connected/, 20_000);
  return house;
}

/** A house whose FFmpeg has the fake GPU, once that has been tried. `probing` is how it behaves meanwhile. */
async function withGpu(probing: FakeGpuMode): Promise<{ house: House; gpu: FakeGpu } & AsyncDisposable> {
  const gpu = await startFakeGpu({ realFfmpeg: ffmpegPath, mode: probing });
  const house = await openHouse({ ffmpegPath: gpu.path, hardware: 'nvidia' });
  await house.homebridge.waitForLog(probed, 60_000);
  return {
    house,
    gpu,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await gpu[Symbol.asyncDispose]();
    },
  };
}

/** The last picture decoded, and how old it was when it came: the right one, of now. */
async function expectPresent(house: House, live: LiveReceiver): Promise<void> {
  const units = live.units();
  const decoded = await live.decode({ ffmpegPath, luma: { width: 640, height: 360 }, to: units.length });
  expect(decoded.errors).toBe('');
  const luma = decoded.luma.at(-1);
  const counter = luma && readMarks(luma, 640, 360)?.counter;
  const ageMs = (units.at(-1)?.lastArrivalMs ?? Infinity) - (house.camera('Door').sentAt(counter ?? -1) ?? -Infinity);
  expect(ageMs).toBeGreaterThan(0);
  expect(ageMs).toBeLessThan(1_500);
}

/** The longest time without a picture, in milliseconds. */
function longestGap(live: LiveReceiver): number {
  const arrivals = live.units().map(({ lastArrivalMs }) => lastArrivalMs);
  return Math.max(...arrivals.slice(1).map((arrival, index) => arrival - (arrivals[index] ?? arrival)));
}

function hardwareLines(house: House): string[] {
  return house.homebridge.log().filter((line) => line.includes('[hardware-failed]'));
}

describe('a GPU that works', () => {
  test('decodes and encodes a view, and the log says so', async () => {
    await using scene = await withGpu('works');
    const { house, gpu } = scene;
    const before = gpu.starts().length;
    const live = await (await house.pair('Door')).startLive(request);
    await live.waitForUnits(45, 20_000);
    await expectPresent(house, live);
    await live.stop();
    const started = gpu.starts().slice(before);
    expect(started.filter(({ decodes, encodes }) => decodes && !encodes)).toHaveLength(1);
    expect(started.filter(({ decodes, encodes }) => encodes && !decodes)).toHaveLength(1);
    expect(house.homebridge.log().join('\n')).toMatch(/NVIDIA/);
  }, 120_000);
});

test('a GPU that fails when it is tried is not used, and the log says why', async () => {
  await using scene = await withGpu('fails');
  const { house, gpu } = scene;
  const before = gpu.starts().length;
  const live = await (await house.pair('Door')).startLive(request);
  await live.waitForUnits(45, 20_000);
  await expectPresent(house, live);
  await live.stop();
  expect(gpu.starts().slice(before).some(({ decodes, encodes }) => decodes || encodes)).toBe(false);
  expect(house.homebridge.log().join('\n')).toMatch(/OpenEncodeSessionEx failed/);
}, 120_000);

test('a GPU that dies in the middle of a view is replaced in the same session within 2 s', async () => {
  await using scene = await withGpu('works');
  const { house, gpu } = scene;
  gpu.set('dies');
  const live = await (await house.pair('Door')).startLive(request);
  await live.firstKeyframe(15_000);
  await house.homebridge.waitForLog(/hardware-failed/, 15_000);
  await sleep(3_000);
  await expectPresent(house, live);
  expect(longestGap(live)).toBeLessThan(2_000 * (await machinePace()));
  const { ssrcs, lost } = live.video.capture.statistics();
  expect({ sources: ssrcs.length, lost }).toEqual({ sources: 1, lost: 0 });
  // Once for decoding, once for encoding; and it is left alone from then on.
  expect(hardwareLines(house).length).toBeLessThanOrEqual(2);
  const before = gpu.starts().length;
  const second = await (await house.pair('Door')).startLive({ ...request, bitrateKbps: 150 });
  await second.waitForUnits(15, 15_000);
  expect(gpu.starts().slice(before).some(({ encodes }) => encodes)).toBe(false);
  await Promise.all([live.stop(), second.stop()]);
}, 120_000);

test('a GPU that hangs ends in a running view', async () => {
  await using scene = await withGpu('works');
  const { house, gpu } = scene;
  gpu.set('hangs');
  const live = await (await house.pair('Door')).startLive(request);
  await live.waitForUnits(30, 25_000);
  await expectPresent(house, live);
  await live.stop();
  expect(hardwareLines(house).length).toBeGreaterThanOrEqual(1);
  expect(hardwareLines(house).length).toBeLessThanOrEqual(2);
}, 120_000);

test.each(['vaapi', 'qsv', 'nvidia'])('%s on a machine without such a GPU ends in software, and the log says why', async (hardware) => {
  await using house = await openHouse({ hardware });
  const live = await (await house.pair('Door')).startLive(request);
  await live.waitForUnits(30, 20_000);
  await expectPresent(house, live);
  await live.stop();
  const line = await house.homebridge.waitForLog(/\[hardware-unusable\]/, 60_000);
  expect(line).toMatch(/Hardware: .*cannot be used/);
}, 120_000);
