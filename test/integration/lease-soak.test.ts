import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { runningFfmpegs } from '../../src/ffmpeg/running-ffmpegs.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import { systemError } from '../../src/kept-file.js';
import { MotionPool } from '../../src/motion/motion-pool.js';
import type { LadderState } from '../../src/policy/load-ladder.js';
import { HouseBudget } from '../../src/resources/house-budget.js';
import { loadFootage } from '../support/camera/footage.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { below, seededRandom } from '../support/seeded-random.js';
import { SoakedCamera, type AskedPicture } from '../support/soaked-camera.js';
import { until } from '../support/until.js';

const sub = { width: 320, height: 180, bitrateKbps: 200, seconds: 4 } as const;
const hevc = { ...smallFootage, codec: 'hevc' } as const;
const maxStreams = 6;

/** Among these are some that are copied, some that are converted, and some that share what is converted. */
const asked: readonly AskedPicture[] = [
  { width: 1280, height: 720, fps: 30, kbps: 299 },
  { width: 640, height: 360, fps: 30, kbps: 150 },
  { width: 640, height: 360, fps: 15, kbps: 150 },
  { width: 320, height: 240, fps: 15, kbps: 68 },
];

const unlimited: LadderState = { analysis: 'full', refusing: undefined, views: new Map() };
const because = 'the machine was 95 % busy for 10 s';
const ladders: readonly LadderState[] = [
  unlimited,
  { ...unlimited, views: new Map([['Gate', { maxFps: 10, because }]]) },
  { ...unlimited, views: new Map([['Gate', { maxFps: 10, maxHeight: 180, because }], ['Yard', { maxFps: 15, maxHeight: 180, because }]]) },
  { ...unlimited, refusing: because, views: new Map([['Yard', { maxFps: 20, because }]]) },
  { ...unlimited, refusing: because },
];

/** The house, and chance. */
interface Soak {
  readonly random: () => number;
  readonly budget: HouseBudget;
}

/** What happens, how often, and to which camera. */
const operations: readonly { readonly weight: number; readonly run: (camera: SoakedCamera, soak: Soak) => void }[] = [
  { weight: 6, run: (camera, { random }) => void camera.view(pick(asked, random)) },
  { weight: 0.5, run: (camera, { random }) => void camera.view(pick(asked, random), false) },
  { weight: 0.3, run: (camera, { random }) => void camera.view(pick(asked, random), true, camera.view(pick(asked, random))) },
  { weight: 0.3, run: (camera, { random }) => camera.stopView(camera.view(pick(asked, random))) },
  { weight: 5, run: (camera, { random }) => withView(camera, random, (view) => camera.stopView(view)) },
  { weight: 3, run: (camera, { random }) => withView(camera, random, (view) => camera.reconfigure(view, pick(asked, random))) },
  { weight: 4, run: (camera, { random }) => camera.snapshot(64 + below(random, 1_200), 64 + below(random, 700)) },
  { weight: 1, run: (camera) => (camera.recordings < 1 ? camera.record() : camera.endRecording()) },
  { weight: 1, run: (camera) => (camera.armed = !camera.armed) },
  { weight: 1, run: (camera) => (camera.looksForMotion = !camera.looksForMotion) },
  { weight: 1, run: (camera) => camera.ring() },
  { weight: 1, run: (_camera, { random }) => killOne(random) },
  { weight: 0.2, run: (camera) => camera.breakConnections() },
  { weight: 0.2, run: (camera, { random }) => camera.reboot(below(random, 500)) },
  { weight: 0.2, run: (camera) => (camera.private = true) },
  { weight: 3, run: (camera) => (camera.private = false) },
  { weight: 2, run: (_camera, { random, budget }) => (budget.ladder = pick(ladders, random)) },
  { weight: 1, run: (_camera, { random, budget }) => (budget.memoryRefusal = random() < 0.5 ? 'there is no memory for it' : undefined) },
  { weight: 1, run: (camera, { random }) => camera.camera.shorten(new Set(camera.camera.rings().flatMap(({ id }) => (random() < 0.5 ? [id] : [])))) },
];

function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[below(random, items.length)] ?? fail('There is nothing to choose from.');
}

function withView(camera: SoakedCamera, random: () => number, act: (view: string) => void): void {
  if (camera.views.length > 0) {
    act(pick(camera.views, random));
  }
}

/** As the system does when it runs out of memory. */
function killOne(random: () => number): void {
  const running = runningFfmpegs();
  const victim = running[below(random, running.length)];
  try {
    if (victim) {
      process.kill(victim.pid, 'SIGKILL');
    }
  } catch (error) {
    // It has just ended by itself, and this process has not heard of that yet.
    if (systemError(error).code !== 'ESRCH') {
      throw error;
    }
  }
}

function pickWeighted(random: () => number): (typeof operations)[number]['run'] {
  let left = random() * operations.reduce((sum, { weight }) => sum + weight, 0);
  return operations.find(({ weight }) => (left -= weight) < 0)?.run ?? (() => undefined);
}

/** What keeps this process alive now beyond what did before: sockets, timers, children, by kind. */
function keptAlive(before: readonly string[]): string[] {
  const left = [...before];
  return process.getActiveResourcesInfo().filter((kind) => {
    const index = left.indexOf(kind);
    return index < 0 || left.splice(index, 1).length === 0;
  });
}

/** Takes what all views send. */
class Viewer implements AsyncDisposable {
  readonly socket: Socket = createSocket('udp4');
  packets = 0;

  static async open(): Promise<Viewer> {
    const viewer = new Viewer();
    viewer.socket.on('message', () => (viewer.packets += 1));
    viewer.socket.bind(0, '127.0.0.1');
    await once(viewer.socket, 'listening');
    return viewer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }
}

/** All places for views can be taken: none is lost. */
function takeAllPlaces(budget: HouseBudget): void {
  const places = Array.from({ length: maxStreams }, () => budget.takePlace());
  places.forEach((place) => place[Symbol.dispose]());
}

beforeAll(async () => {
  await Promise.all([loadFootage(smallFootage, ffmpegPath), loadFootage(sub, ffmpegPath), loadFootage(hevc, ffmpegPath)]);
}, 120_000);

test.each([
  [1, 500],
  [2, 150],
  [3, 150],
])('with seed %d, after %d random starts, stops, snapshots and crashes, everything has been given back', async (seed, count) => {
  const before = process.getActiveResourcesInfo();
  await soak(seed, count);
  expect(runningFfmpegs()).toEqual([]);
  await until('sockets are closed', () => keptAlive(before).length === 0, 5_000).catch(() => undefined);
  expect(keptAlive(before)).toEqual([]);
}, 60_000);

/** Everything is disposed in the end, also where something was not given back. */
async function soak(seed: number, count: number): Promise<void> {
  const random = seededRandom(seed);
  const budget = new HouseBudget({ maxStreams, maxTranscodes: 3 }, () => runningFfmpegs().filter(({ role }) => role === 'transcode').length);
  await using viewer = await Viewer.open();
  await using renderer = new StillRenderer();
  await using motionPool = new MotionPool({ threads: 1, idleMs: 200 });
  const common = { budget, renderer, motionPool, viewer: viewer.socket, options: { idleTimeout: 10 } };
  await using gate = await SoakedCamera.open({ ...common, name: 'Gate', settings: { main: smallFootage, sub } });
  await using yard = await SoakedCamera.open({ ...common, name: 'Yard', settings: { main: hevc } });
  const cameras = [gate, yard];
  for (let done = 0; done < count; done++) {
    pickWeighted(random)(pick(cameras, random), { random, budget });
    // Now and then there is time for a picture to come.
    await sleep(random() < 0.06 ? 500 : below(random, 30));
  }
  await Promise.all(cameras.map((camera) => camera.calmDown()));
  budget.ladder = unlimited;
  budget.memoryRefusal = undefined;

  const held = (): string[] => cameras.flatMap((camera) => camera.held().map((what) => `${camera.camera.config.name}, ${what}`));
  const working = (): string[] => runningFfmpegs().flatMap(({ role, owner }) => (role === 'still' ? [] : [`${role} of ${owner?.camera ?? 'all'}`]));
  await until('nothing is held', () => held().length === 0 && working().length === 0, 10_000).catch(() => undefined);
  expect([...held(), ...working()]).toEqual([]);
  expect({ transcodes: budget.transcodes, views: budget.convertedViews(), watched: motionPool.status().watches }).toEqual({ transcodes: 0, views: [], watched: 0 });
  takeAllPlaces(budget);
  // Otherwise nothing has happened that could have been left over.
  const sum = (of: keyof SoakedCamera['counts']): number => cameras.reduce((total, { counts }) => total + counts[of], 0);
  expect(viewer.packets).toBeGreaterThan(0);
  for (const kind of ['views', 'refusedViews', 'snapshots', 'fragments'] as const) {
    expect([kind, sum(kind) > 0]).toEqual([kind, true]);
  }
  expect(sum('failedSnapshots')).toBe(0);
}

function fail(message: string): never {
  throw new Error(message);
}
