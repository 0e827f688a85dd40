import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import type { MotionVerdict } from '../../src/motion/detector.js';
import { MotionPool, type MotionPoolOptions, type MotionWatch } from '../../src/motion/motion-pool.js';
import { FramePool } from '../../src/pipeline/frame-pool.js';
import { paintWalker } from '../support/motion/drawn-things.js';
import { Painter } from '../support/motion/painter.js';
import { paintScene, type DrawnScene } from '../support/motion/scenes.js';
import { until } from '../support/until.js';

const size = { width: 160, height: 90 };
const settings = { sensitivity: 50, zones: [] };

/** A garden, with somebody in it from the sixth second on. */
const scene: DrawnScene = {
  name: 'walker',
  seconds: 12,
  motion: [],
  draw: (painter, seconds) => seconds >= 6 && paintWalker(painter, { x: 0.2 + 0.06 * (seconds - 6), y: 0.9, height: 0.4, timeMs: seconds * 1000 }),
};

/** A camera: its decoded pictures, and what is said of them. */
class Camera {
  readonly frames = new FramePool({ slots: 4 });
  readonly verdicts: MotionVerdict[] = [];
  readonly watch: MotionWatch;
  readonly #painter: Painter;
  #pictures = 0;

  constructor(pool: MotionPool, { width, height } = size) {
    this.#painter = new Painter(width, height);
    this.watch = pool.watch(settings, (verdict) => this.verdicts.push(verdict));
  }

  /** Its next picture, a fifth of a second after the last one. @returns whether it was taken */
  film(): boolean {
    const timeMs = this.#pictures++ * 200;
    paintScene(scene, this.#painter, timeMs / 1000);
    using slot = this.frames.claim(this.#painter.width, this.#painter.height);
    slot?.bytes.set(this.#painter.luma);
    using frame = slot?.publish(timeMs);
    return frame !== undefined && this.watch.look(frame);
  }

  /** Its next picture, and what was said of it. */
  async look(): Promise<MotionVerdict | undefined> {
    const before = this.verdicts.length;
    expect(this.film()).toBe(true);
    await until('the picture was looked at', () => this.verdicts.length > before);
    return this.verdicts.at(-1);
  }
}

const pools: MotionPool[] = [];

function newPool(options: MotionPoolOptions = {}): { readonly pool: MotionPool; readonly workers: Worker[]; readonly problems: unknown[] } {
  const [workers, problems]: [Worker[], unknown[]] = [[], []];
  const startWorker = (): Worker => {
    const worker = new Worker(new URL('../../src/motion/motion-worker.js', import.meta.url));
    workers.push(worker);
    return worker;
  };
  const pool = new MotionPool({ startWorker, onProblem: (problem) => problems.push(problem), ...options });
  pools.push(pool);
  return { pool, workers, problems };
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool[Symbol.asyncDispose]()));
});

test('each picture is looked at where it lies, in order, in a thread that is started for it; all slots come back', async () => {
  const pool = new MotionPool();
  pools.push(pool);
  const camera = new Camera(pool);
  for (let picture = 0; picture < 50; picture++) {
    expect(camera.film()).toBe(true);
    await until('the picture was looked at', () => camera.verdicts.length > picture);
    expect(camera.frames.status().inUse).toBe(0);
  }
  expect(camera.verdicts.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 50 }, (_, picture) => picture * 200));
  expect(camera.verdicts.slice(0, 30).some(({ moving }) => moving)).toBe(false);
  expect(camera.verdicts.slice(30).filter(({ moving }) => moving).length).toBeGreaterThan(12);
  const { cost } = camera.watch;
  expect(cost).toMatchObject({ pictures: 50, dropped: 0 });
  expect(cost.cpuMs).toBeGreaterThan(1);
  expect(cost.averageMs).toBeCloseTo(cost.cpuMs / 50, 1);
});

test('a thread that has two pictures of a camera gets no third one, and that is counted; another camera is not held up', async () => {
  const { pool } = newPool({ threads: 1 });
  const [camera, other] = [new Camera(pool), new Camera(pool)];
  expect([camera.film(), camera.film(), camera.film(), camera.film()]).toEqual([true, true, false, false]);
  expect([other.film(), other.film()]).toEqual([true, true]);
  await until('all were looked at', () => camera.verdicts.length === 2 && other.verdicts.length === 2);
  expect(camera.watch.cost).toMatchObject({ pictures: 2, dropped: 2 });
  expect(await camera.look()).toMatchObject({ timeMs: 800 });
});

test('a worker that is ended with pictures in its hands: they come back, and it is replaced after a while', async () => {
  const workers: Worker[] = [];
  const startWorker = (): Worker => {
    const file = workers.length === 0 ? '../support/motion/stuck-worker.js' : '../../src/motion/motion-worker.js';
    const worker = new Worker(new URL(file, import.meta.url));
    workers.push(worker);
    return worker;
  };
  const { pool, problems } = newPool({ threads: 1, startWorker });
  const camera = new Camera(pool);
  expect([camera.film(), camera.film(), camera.film()]).toEqual([true, true, false]);
  expect(camera.frames.status().inUse).toBe(2);
  const endedMs = performance.now();
  await workers[0]?.terminate();
  await until('its pictures are back', () => camera.frames.status().inUse === 0);
  expect(pool.status()).toMatchObject({ threads: 1, running: 0, watches: 1 });
  expect(camera.film()).toBe(false);
  expect(camera.frames.status().inUse).toBe(0);
  await until('there is another worker', () => pool.status().running === 1);
  expect(performance.now() - endedMs).toBeGreaterThan(200);
  expect(await camera.look()).toMatchObject({ state: 'learning' });
  expect([workers.length, problems.length]).toEqual([2, 1]);
});

test('after a worker was replaced, the background is learned anew', async () => {
  const { pool, workers } = newPool({ threads: 1 });
  const camera = new Camera(pool);
  for (let picture = 0; picture < 25; picture++) {
    await camera.look();
  }
  expect(camera.verdicts.at(-1)?.state).toBe('watching');
  await workers[0]?.terminate();
  await until('there is another worker', () => pool.status().running === 1 && workers.length === 2);
  expect(await camera.look()).toMatchObject({ state: 'learning' });
});

test('a worker that cannot live is tried again more and more seldom, and told of once', async () => {
  const { pool, workers, problems } = newPool({ threads: 1 });
  const camera = new Camera(pool);
  for (let death = 1; death <= 3; death++) {
    await until('there is a worker', () => workers.length === death);
    await workers[death - 1]?.terminate();
  }
  const thirdMs = performance.now();
  await until('there is a fourth', () => workers.length === 4);
  expect(performance.now() - thirdMs).toBeGreaterThan(900);
  expect(problems.length).toBe(1);
  expect(await camera.look()).toBeDefined();
});

test('a thread that cannot be started is a problem, not a crash', async () => {
  let tries = 0;
  const { pool, problems } = newPool({
    threads: 1,
    startWorker: () => {
      tries += 1;
      if (tries === 1) {
        throw new Error('No memory for a thread.');
      }
      return new Worker(new URL('../../src/motion/motion-worker.js', import.meta.url));
    },
  });
  const camera = new Camera(pool);
  expect(camera.film()).toBe(false);
  await until('the second try works', () => pool.status().running === 1);
  expect(await camera.look()).toBeDefined();
  expect(problems).toEqual([new Error('No memory for a thread.')]);
});

test('eight cameras share a thread, the ninth gets another one where there may be two; threads go with the last camera', async () => {
  const { pool } = newPool({ threads: 2, idleMs: 50 });
  const watches = Array.from({ length: 9 }, () => new Camera(pool).watch);
  expect(pool.status()).toMatchObject({ threads: 2, watches: 9 });
  const more = Array.from({ length: 9 }, () => new Camera(pool));
  expect(pool.status()).toMatchObject({ threads: 2, watches: 18 });
  expect((await Promise.all(more.map((camera) => camera.look()))).filter((verdict) => verdict?.state === 'learning').length).toBe(9);
  [...watches, ...more.map(({ watch }) => watch)].forEach((watch) => watch[Symbol.dispose]());
  await until('no thread is left', () => pool.status().threads === 0);
  expect(await new Camera(pool).look()).toMatchObject({ state: 'learning' });

  const { pool: single } = newPool({ threads: 1 });
  Array.from({ length: 9 }, () => new Camera(single));
  expect(single.status()).toMatchObject({ threads: 1, watches: 9 });
});

test('pictures that no camera has, and a listener that throws, disturb nobody else', async () => {
  const { pool, workers, problems } = newPool({ threads: 1 });
  const [tiny, good] = [new Camera(pool, { width: 8, height: 8 }), new Camera(pool)];
  using bad = pool.watch(settings, () => {
    throw new Error('A listener fails.');
  });
  for (let picture = 0; picture < 5; picture++) {
    expect(tiny.film()).toBe(true);
    await good.look();
  }
  using slot = good.frames.claim(160, 90);
  using frame = slot?.publish(1);
  expect(frame && bad.look(frame)).toBe(true);
  await until('all is told', () => problems.length === 2);
  expect(problems.map(String)).toEqual(['Error: No motion is looked for in pictures of 8x8.', 'Error: A listener fails.']);
  frame?.[Symbol.dispose]();
  await good.look();
  expect([workers.length, tiny.verdicts.length, tiny.frames.status().inUse, good.frames.status().inUse]).toEqual([1, 0, 0, 0]);
});

test('a camera that is no longer watched is told nothing more, and its last picture comes back', async () => {
  const { pool } = newPool({ threads: 1 });
  const camera = new Camera(pool);
  await camera.look();
  camera.film();
  camera.watch[Symbol.dispose]();
  expect(camera.film()).toBe(false);
  await until('the picture is back', () => camera.frames.status().inUse === 0);
  expect(camera.verdicts.length).toBe(1);
});

test('when the pool ends, pictures come back and nothing can be watched any more', async () => {
  const { pool } = newPool();
  const camera = new Camera(pool);
  camera.film();
  await pool[Symbol.asyncDispose]();
  expect(camera.frames.status().inUse).toBe(0);
  expect(camera.film()).toBe(false);
  expect(() => pool.watch(settings, () => undefined)).toThrow();
});

(process.platform === 'linux' ? test : test.skip)('looking for motion stands back behind everything else: its thread has nice 10, this one has not', async () => {
  const { pool } = newPool({ threads: 1 });
  await new Camera(pool).look();
  const niceOf = (task: string): number => Number(readFileSync(`/proc/self/task/${task}/stat`, 'latin1').replace(/^.*\) /, '').split(' ')[16]);
  expect(niceOf(String(process.pid))).toBeLessThan(10);
  expect(readdirSync('/proc/self/task').filter((task) => niceOf(task) === 10).length).toBe(1);
});
