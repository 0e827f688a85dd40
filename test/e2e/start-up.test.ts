import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedCamera } from '../support/camera/rtsp-camera.js';
import { House, smallFootage } from '../support/house.js';
import { until } from '../support/until.js';

const names = Array.from({ length: 16 }, (_, index) => `Camera ${index + 1}`);
const lastName = 'Camera 16';
const tiny = { ...smallFootage, width: 320, height: 180, fps: 15, bitrateKbps: 200 } as const;
/** Four of them begin in any second, as nobody waits; but on a busy machine some FFmpegs take a second to start. */
const mostInASecond = 8;
/** It takes 4.2 s at least, less what the first FFmpeg takes longer to start than the last one. */
const leastSpreadMs = 3_000;

interface Arrival {
  readonly name: string;
  readonly atMs: number;
}

/** Writes down when each camera begins to be played, until it is disposed; that is once a connection, as none is asked for sound in vain. */
function watchArrivals(cameras: Readonly<Record<string, SimulatedCamera>>) {
  const arrivals: Arrival[] = [];
  const totals = new Map<string, number>();
  const look = (): void => {
    for (const [name, camera] of Object.entries(cameras)) {
      const { total } = camera.statistics().playedConnections;
      if (total > (totals.get(name) ?? total)) {
        arrivals.push({ name, atMs: performance.now() });
      }
      totals.set(name, total);
    }
  };
  look();
  const timer = setInterval(look, 10);
  return { arrivals, [Symbol.dispose]: () => clearInterval(timer) };
}

function expectStaggered(arrivals: readonly Arrival[]): void {
  const times = arrivals.map(({ atMs }) => atMs);
  const inTheSecondAfter = (fromMs: number): number => times.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1_000).length;
  expect(Math.max(...times.map(inTheSecondAfter))).toBeLessThanOrEqual(mostInASecond);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(leastSpreadMs);
}

test('sixteen cameras are connected one after the other at the start and after an outage, one whose picture is asked for before the others', async () => {
  await using house = await House.open(Object.fromEntries(names.map((name) => [name, { camera: { main: tiny } }])));
  const cameras = Object.values(house.cameras);
  const playing = (): number => cameras.filter((camera) => camera.statistics().playing.main.now === 1).length;
  await house.pair(lastName);

  {
    using start = watchArrivals(house.cameras);
    const configs = house.platformConfig.cameras as readonly object[];
    await house.restart({ ...house.platformConfig, cameras: configs.map((config) => ({ ...config, keepWarm: true })) });
    await until('all cameras are connected', () => start.arrivals.length >= names.length && playing() === names.length);
    expect(start.arrivals.map(({ name }) => name).sort()).toEqual([...names].sort());
    expectStaggered(start.arrivals);
  }
  await house.homebridge.waitForLog(/Camera 16: connected/);
  const controller = await house.pair(lastName);

  using outage = watchArrivals(house.cameras);
  const last = house.camera(lastName);
  for (const camera of cameras.filter((each) => each !== last)) {
    camera.dropConnections();
  }
  await sleep(400); // Its first retry comes after theirs, so that it is the last one in the queue.
  last.dropConnections();
  await until('four are connected again', () => outage.arrivals.length >= 4);
  const before = outage.arrivals.length;
  expect(outage.arrivals.slice(0, before).map(({ name }) => name)).not.toContain(lastName);
  const snapshot = controller.snapshot({ width: 320, height: 180 });
  await until('all cameras are connected again', () => outage.arrivals.length >= names.length && playing() === names.length);
  await snapshot;
  expect(outage.arrivals).toHaveLength(names.length);
  expect(outage.arrivals.slice(before, before + 4).map(({ name }) => name)).toContain(lastName);
  expectStaggered(outage.arrivals.filter(({ name }) => name !== lastName));
}, 90_000);
