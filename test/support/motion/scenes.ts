import type { MotionZone } from '../../../src/config/motion-options.js';
import type { GreyPicture } from '../../../src/motion/detector.js';
import { paintCar, paintClock, paintFalling, paintGarden, paintTree, paintWalker } from './drawn-things.js';
import { Painter } from './painter.js';

/** In the modules of a test, globals are slow to look up. */
const { abs, exp, floor, max, min, sin, sqrt } = Math;

/** From and to, in seconds of a scene. */
export type Interval = readonly [number, number];

/** A scene as a camera films it, drawn: the same for the same time. */
export interface DrawnScene {
  readonly name: string;
  readonly seconds: number;
  /** When something moves that must be found: from when at least half of it is in the picture. */
  readonly motion: readonly Interval[];
  /** When something may be found, or may not: opinions differ. */
  readonly debatable?: readonly Interval[];
  /** So long after its begin motion must be found at the latest, where a second is not to be had. */
  readonly withinS?: number;
  readonly zones?: readonly MotionZone[];
  /** Standard deviation of the sensor's noise, in shades. */
  readonly noise?: number;
  /** Draws on the garden, in the light of the day. */
  readonly draw: (painter: Painter, seconds: number) => void;
  /** Of the camera, after everything: exposure and light. */
  readonly light?: (painter: Painter, seconds: number) => void;
}

/** Two minutes, where nothing is to be found. */
const quietSeconds = 124;

const nothing = (): void => undefined;

/** Something that is there from `from` to `to`; `progress` runs from 0 to 1. */
function during([from, to]: Interval, seconds: number, draw: (progress: number) => void): void {
  if (seconds >= from && seconds < to) {
    draw((seconds - from) / (to - from));
  }
}

function ramp(seconds: number, from: number, to: number): number {
  return min(1, max(0, (seconds - from) / (to - from)));
}

function distance(x: number, y: number): number {
  return sqrt(x * x + y * y);
}

/** Crosses the picture, half outside at both ends. */
function crossing(times: readonly Interval[], { y, height, shade }: { y: number; height: number; shade?: number }) {
  return (painter: Painter, seconds: number): void => {
    for (const [index, time] of times.entries()) {
      during(time, seconds, (progress) => paintWalker(painter, { x: index % 2 === 0 ? progress : 1 - progress, y, height, timeMs: seconds * 1000, ...(shade !== undefined && { shade }) }));
    }
  };
}

const nearWalks: readonly Interval[] = [[8, 14], [20, 26]];
const farWalks: readonly Interval[] = [[8, 44]];
const nightWalks: readonly Interval[] = [[10, 18], [28, 36]];
const night = (painter: Painter): void => painter.relightAll((shade) => 20 + shade * 0.28);

export const movingScenes: readonly DrawnScene[] = [
  { name: 'walker near (45 % of the height)', seconds: 32, motion: nearWalks, draw: crossing(nearWalks, { y: 0.95, height: 0.45 }) },
  { name: 'walker far (6 %)', seconds: 48, motion: farWalks, draw: crossing(farWalks, { y: 0.56, height: 0.06 }) },
  { name: 'walker half way (15 %)', seconds: 45, motion: [[8, 20], [28, 40]], draw: crossing([[8, 20], [28, 40]], { y: 0.65, height: 0.15 }) },
  { name: 'bright walker half way', seconds: 45, motion: [[8, 20], [28, 40]], draw: crossing([[8, 20], [28, 40]], { y: 0.65, height: 0.15, shade: 125 }) },
  { name: 'runner near', seconds: 30, motion: [[8, 10.5], [20, 22.5]], draw: crossing([[8, 10.5], [20, 22.5]], { y: 0.9, height: 0.5 }) },
  {
    name: 'somebody comes up to the camera, and stands there',
    seconds: 60,
    motion: [[12, 24]],
    debatable: [[10, 12], [24, 60]],
    draw: (painter, seconds) => {
      if (seconds >= 10) {
        const near = 0.1 * (8 ** ramp(seconds, 10, 24));
        paintWalker(painter, { x: 0.45, y: 0.55 + 0.5 * near, height: near, timeMs: min(seconds, 24) * 1000 });
      }
    },
  },
  { name: 'walker at night', seconds: 42, noise: 9, motion: nightWalks, draw: crossing(nightWalks, { y: 0.8, height: 0.3, shade: 150 }), light: night },
  {
    name: 'a car comes, parks and leaves',
    seconds: 150,
    motion: [[11, 15], [75, 79]],
    draw: (painter, seconds) => {
      if (seconds >= 10 && seconds < 80) {
        const x = seconds < 60 ? -0.3 + 0.5 * (1 - (1 - ramp(seconds, 10, 16)) ** 2) : 0.2 + 1.0 * ramp(seconds, 74.5, 80) ** 2;
        paintCar(painter, { x, y: 0.8, width: 0.3 });
      }
    },
  },
  { name: 'a parked car leaves that was there from the start', seconds: 90, motion: [[20.5, 25]], draw: (painter, seconds) => seconds < 26 && paintCar(painter, { x: 0.3 + 1.0 * ramp(seconds, 20, 26) ** 2, y: 0.75, width: 0.22, shade: 40 }) },
  {
    name: 'somebody is there from the start, and leaves',
    seconds: 60,
    motion: [[12, 20]],
    draw: (painter, seconds) => seconds < 20 && paintWalker(painter, { x: 0.4 + 0.6 * ramp(seconds, 12, 20), y: 0.8, height: 0.35, timeMs: max(0, seconds - 12) * 1000 }),
  },
  { name: 'a car passes quickly', seconds: 40, motion: [[12, 13.4], [30, 31.4]], draw: (painter, seconds) => [12, 30].forEach((from) => during([from - 0.2, from + 1.6], seconds, (progress) => paintCar(painter, { x: -0.25 + 1.3 * progress, y: 0.6, width: 0.2 }))) },
  {
    name: 'walker in pouring rain',
    seconds: 70,
    withinS: 5,
    motion: [[20, 35], [45, 60]],
    draw: (painter, seconds) => {
      crossing([[20, 35], [45, 60]], { y: 0.7, height: 0.2 })(painter, seconds);
      paintFalling(painter, { number: Math.round(seconds * 1000), count: 150, kind: 'rain' });
    },
  },
  {
    name: 'walker in the snow',
    seconds: 70,
    withinS: 3,
    motion: [[20, 35], [45, 60]],
    draw: (painter, seconds) => {
      crossing([[20, 35], [45, 60]], { y: 0.7, height: 0.25 })(painter, seconds);
      paintFalling(painter, { number: Math.round(seconds * 1000), count: 60, kind: 'snow' });
    },
  },
  {
    name: 'walker while clouds pass the sun',
    seconds: 60,
    motion: [[10, 22], [32, 44]],
    draw: crossing([[10, 22], [32, 44]], { y: 0.75, height: 0.3 }),
    light: (painter, seconds) => painter.relightAll((shade) => 16 + (shade - 16) * (1 - 0.35 * max(0, sin(seconds * 1.3)))),
  },
  {
    name: 'walker while a tree sways',
    seconds: 100,
    motion: [[70, 85]],
    debatable: [[0, 60]],
    draw: (painter, seconds) => {
      paintTree(painter, { x: 0.25, timeMs: seconds * 1000, wind: 1 });
      crossing([[70, 85]], { y: 0.75, height: 0.25 })(painter, seconds);
    },
  },
];

/** Shifts the whole picture by so many pixels. */
function shifted(painter: Painter, x: number, y: number): void {
  const from = painter.luma.slice();
  for (let row = 0; row < painter.height; row++) {
    const source = min(painter.height - 1, max(0, row + y)) * painter.width;
    for (let column = 0; column < painter.width; column++) {
      painter.luma[row * painter.width + column] = from[source + min(painter.width - 1, max(0, column + x))] ?? 0;
    }
  }
}

const treeZone: MotionZone = { kind: 'exclude', points: [{ x: 0, y: 0 }, { x: 0.5, y: 0 }, { x: 0.5, y: 0.7 }, { x: 0, y: 0.7 }] };

export const quietScenes: readonly DrawnScene[] = [
  { name: 'nothing, by day', seconds: quietSeconds, motion: [], draw: nothing },
  { name: "a sensor's noise at night", seconds: quietSeconds, noise: 12, motion: [], draw: nothing, light: night },
  { name: 'rain', seconds: quietSeconds, motion: [], draw: (painter, seconds) => paintFalling(painter, { number: Math.round(seconds * 1000), count: 150, kind: 'rain' }) },
  { name: 'snow', seconds: quietSeconds, motion: [], draw: (painter, seconds) => paintFalling(painter, { number: Math.round(seconds * 1000), count: 60, kind: 'snow' }) },
  { name: 'dawn', seconds: quietSeconds, motion: [], draw: nothing, light: (painter, seconds) => painter.relightAll((shade) => 18 + shade * (0.15 + 0.8 * ramp(seconds, 0, quietSeconds))) },
  {
    name: 'clouds before the sun',
    seconds: quietSeconds,
    motion: [],
    draw: nothing,
    light: (painter, seconds) => {
      const dark = 0.35 * max(0, sin(seconds / 6)) ** 0.5;
      const edge = 2.2 * ((seconds / 19) % 1) - 0.6;
      painter.relight((shade, x, y) => shade * (1 - dark * 0.6) * (1 - 0.3 * min(1, max(0, 0.5 - abs(x + 0.3 * y - edge) * 4))));
    },
  },
  {
    name: 'the camera adjusts its exposure',
    seconds: quietSeconds,
    motion: [],
    draw: nothing,
    light: (painter, seconds) => painter.relightAll((shade) => 16 + (shade - 16) * (1 + 0.22 * sin(2 * Math.round(seconds / 17)) * ramp(seconds % 17, 8, 9))),
  },
  { name: 'a light in the whole picture', seconds: quietSeconds, motion: [], noise: 4, draw: nothing, light: (painter, seconds) => painter.relightAll((shade) => (seconds % 40 < 20 ? 20 + shade * 0.25 : shade)) },
  {
    name: 'a porch light',
    seconds: quietSeconds,
    motion: [],
    noise: 4,
    draw: nothing,
    light: (painter, seconds) => {
      const on = Number(seconds % 40 >= 20);
      painter.relight((shade, x, y) => 20 + shade * (0.25 + on * 0.9 * max(0, 1 - 2.2 * distance(x - 0.72, 0.7 * (y - 0.4)))));
    },
  },
  {
    name: 'a lamp with a hard edge',
    seconds: quietSeconds,
    motion: [],
    noise: 3,
    draw: nothing,
    light: (painter, seconds) => {
      const on = seconds % 40 >= 20;
      painter.relight((shade, x, y) => 20 + shade * (on && x > 0.15 && x < 0.45 && y > 0.45 ? 0.8 : 0.3));
    },
  },
  {
    name: 'a lamp that brightens slowly',
    seconds: quietSeconds,
    motion: [],
    noise: 3,
    draw: nothing,
    light: (painter, seconds) => {
      const on = ramp(seconds % 40, 20, 22.5) * (1 - ramp(seconds % 40, 37, 39));
      painter.relight((shade, x, y) => 20 + shade * (0.25 + on * 0.9 * max(0, 1 - 2.2 * distance(x - 0.72, 0.7 * (y - 0.4)))));
    },
  },
  {
    name: 'a camera that trembles in the wind',
    seconds: quietSeconds,
    motion: [],
    draw: nothing,
    light: (painter, seconds) => {
      const gust = max(0, sin(seconds / 5));
      shifted(painter, floor(0.5 + 1.4 * gust * sin(seconds * 7.3)), floor(0.5 + gust * sin(seconds * 5.1)));
    },
  },
  {
    name: 'night vision goes on and off',
    seconds: quietSeconds,
    motion: [],
    noise: 5,
    draw: nothing,
    light: (painter, seconds) => {
      const phase = seconds % 40;
      const settling = 1 + 0.5 * exp(-(phase - 20.6) * 1.5);
      if (phase < 20) {
        painter.relightAll((shade) => 20 + shade * 0.35);
      } else if (phase < 20.6) {
        painter.relightAll(() => 18);
      } else {
        painter.relight((shade, x, y) => 20 + (shade > 55 && shade < 130 ? 190 - shade * 0.5 : shade * 0.5) * settling * (1.1 - distance(x - 0.5, y - 0.5)));
      }
    },
  },
  { name: 'a tree in gusts, in an excluded area', seconds: quietSeconds, motion: [], zones: [treeZone], draw: (painter, seconds) => paintTree(painter, { x: 0.25, timeMs: seconds * 1000, wind: 4 * max(0, sin(seconds / 7)) ** 3 }) },
  { name: 'a tree that sways, after a minute', seconds: quietSeconds + 60, motion: [], debatable: [[0, 60]], draw: (painter, seconds) => paintTree(painter, { x: 0.25, timeMs: seconds * 1000, wind: 1 }) },
  { name: 'the time written into the picture', seconds: quietSeconds + 30, motion: [], debatable: [[0, 30]], draw: (painter, seconds) => paintClock(painter, seconds * 1000) },
  {
    name: 'a lamp that flickers with the mains',
    seconds: quietSeconds,
    motion: [],
    draw: nothing,
    light: (painter, seconds) => painter.relight((shade, _, y) => shade * (1 + 0.06 * sin(2 * Math.PI * (1.5 * y + seconds * 0.37)))),
  },
];

/** The pictures of a scene. The bytes are the same memory each time. */
export function* drawnPictures(scene: DrawnScene, stepMs: number, size = { width: 320, height: 180 }): Generator<GreyPicture> {
  const painter = new Painter(size.width, size.height);
  for (let timeMs = 0; timeMs < scene.seconds * 1000; timeMs += stepMs) {
    paintScene(scene, painter, timeMs / 1000);
    yield { ...size, luma: painter.luma, timeMs };
  }
}

const gardens = new Map<string, Uint8Array>();

/** Draws a scene at a time into the painter. */
export function paintScene(scene: DrawnScene, painter: Painter, seconds: number): void {
  painter.luma.set(gardenOf(painter));
  scene.draw(painter, seconds);
  scene.light?.(painter, seconds);
  painter.noise(scene.noise ?? 1.5, Math.round(seconds * 1000) + 1);
}

function gardenOf({ width, height }: Painter): Uint8Array {
  const key = `${width}x${height}`;
  const garden = gardens.get(key) ?? gardenDrawn(width, height);
  gardens.set(key, garden);
  return garden;
}

function gardenDrawn(width: number, height: number): Uint8Array {
  const painter = new Painter(width, height);
  paintGarden(painter);
  return painter.luma;
}
