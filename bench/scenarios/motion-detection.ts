import { setTimeout as sleep } from 'node:timers/promises';
import { MotionPool, type MotionWatch } from '../../src/motion/motion-pool.js';
import { FramePool } from '../../src/pipeline/frame-pool.js';
import { drawnPictures, movingScenes } from '../../test/support/motion/scenes.js';
import { ownCpuUsOf } from '../measure/own-cpu.js';
import { median, spread } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';

const size = { width: 320, height: 180 } as const;
const stepMs = 200;
const cameraCounts = [1, 4, 16] as const;
/** As a decoder has them with one lease. */
const slots = 7;
/** Somebody walks through half of the time. */
const filmed = { scene: 'walker near (45 % of the height)', fromS: 8, toS: 20 } as const;
/** The detectors learn the background, and Node compiles what runs often. */
const warmUpMs = 12_000;

interface Window {
  /** Of one core, per camera, in percent: of the motion threads as they count themselves, and of all other threads. */
  readonly threads: number;
  readonly others: number;
  readonly averageMs: number;
}

/** What it costs to look for motion, beyond decoding. */
export const motionDetection: Scenario = {
  name: 'motion-detection',
  title: `processor time of looking for motion in pictures of ${size.width}x${size.height}, five a second, per camera`,
  linuxOnly: false,
  async run(bench) {
    const pictures = drawPictures();
    const rows: Row[] = [];
    for (const cameras of cameraCounts) {
      rows.push(...(await measure(bench, cameras, pictures)));
    }
    return rows;
  },
};

/** Drawn ahead: that is not to be measured. */
function drawPictures(): Uint8Array[] {
  const scene = movingScenes.find(({ name }) => name === filmed.scene);
  if (!scene) {
    throw new Error(`There is no scene "${filmed.scene}".`);
  }
  const pictures = Array.from(drawnPictures(scene, stepMs, size), ({ luma }) => luma.slice());
  return pictures.slice((filmed.fromS * 1000) / stepMs, (filmed.toS * 1000) / stepMs);
}

async function measure({ quick, signal }: Bench, cameras: number, pictures: readonly Uint8Array[]): Promise<Row[]> {
  const [windows, windowMs] = quick ? [2, 3_000] : [5, 12_000];
  await using pool = new MotionPool({ onProblem: (problem) => console.error(problem) });
  let moving = 0;
  const watches = Array.from({ length: cameras }, () => pool.watch({ sensitivity: 50, zones: [] }, (verdict) => (moving += Number(verdict.moving))));
  using _cameras = film(watches, pictures);
  await sleep(quick ? warmUpMs / 2 : warmUpMs, undefined, { signal });
  const measured: Window[] = [];
  for (let window = 0; window < windows; window++) {
    measured.push(await measureWindow(watches, windowMs, signal));
  }
  const dropped = watches.reduce((sum, { cost }) => sum + cost.dropped, 0);
  if (dropped > 0 || moving === 0) {
    throw new Error(`With ${cameras} cameras ${dropped} pictures were dropped, and in ${moving} something moved.`);
  }
  const { threads } = pool.status();
  const of = (value: (window: Window) => number): number[] => measured.map(value);
  const row = (what: string, values: readonly number[], more: Partial<Row> = {}): Row => ({ what: `${cameras} camera${cameras === 1 ? '' : 's'}: ${what}`, value: median(values), unit: '% of a core', remark: spread(values, 2, 'window'), ...more });
  return [
    row('all threads together, per camera', of((window) => window.threads + window.others), { atMost: 2 }),
    row('the motion threads, per camera', of((window) => window.threads), { remark: `${threads} of them, ${median(of(({ averageMs }) => averageMs)).toFixed(2)} ms a picture` }),
    row('everything else, per camera', of((window) => window.others)),
  ];
}

/** Gives each watch a picture five times a second, at another moment each. */
function film(watches: readonly MotionWatch[], pictures: readonly Uint8Array[]): Disposable {
  const startMs = performance.now();
  const timers = watches.map((watch, camera) => {
    const pool = new FramePool({ slots });
    let next = Math.floor((camera * pictures.length) / watches.length);
    const tick = (): void => {
      using slot = pool.claim(size.width, size.height);
      slot?.bytes.set(pictures[next++ % pictures.length] ?? []);
      using frame = slot?.publish(performance.now() - startMs);
      if (frame) {
        watch.look(frame);
      }
    };
    let timer = setTimeout(() => (timer = setInterval(tick, stepMs)), (camera * stepMs) / watches.length);
    return () => clearTimeout(timer);
  });
  return { [Symbol.dispose]: () => timers.forEach((stop) => stop()) };
}

async function measureWindow(watches: readonly MotionWatch[], windowMs: number, signal: AbortSignal): Promise<Window> {
  const totals = (): { cpuMs: number; pictures: number } => ({
    cpuMs: watches.reduce((sum, { cost }) => sum + cost.cpuMs, 0),
    pictures: watches.reduce((sum, { cost }) => sum + cost.pictures, 0),
  });
  const before = totals();
  const fromMs = performance.now();
  const allMs = (await ownCpuUsOf(() => sleep(windowMs, undefined, { signal }))) / 1000;
  const lastedMs = performance.now() - fromMs;
  const after = totals();
  const threadsMs = after.cpuMs - before.cpuMs;
  const percent = (ms: number): number => (100 * ms) / lastedMs / watches.length;
  return { threads: percent(threadsMs), others: percent(allMs - threadsMs), averageMs: threadsMs / (after.pictures - before.pictures) };
}
