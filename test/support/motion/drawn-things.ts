import { seededRandom } from '../seeded-random.js';
import type { Painter } from './painter.js';

/** In the modules of a test, globals are slow to look up. */
const { abs, floor, imul, sin } = Math;

/** What a camera at a house films: sky, a house with windows, a hedge, a lawn with texture, a path. */
export function paintGarden(painter: Painter): void {
  const { width, height } = painter;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fx, fy] = [x / width, y / height];
      const sky = 185 - 60 * fy + 6 * texture(fx * 3, fy * 3);
      const lawn = 98 + 26 * texture(fx * 38, fy * 46) + 18 * texture(fx * 9, fy * 11) - 20 * (fy - 0.5);
      painter.luma[y * width + x] = fy < 0.38 ? sky : lawn;
    }
  }
  painter.box(0.55, 0.12, 0.35, 0.36, 150);
  for (const [x, y] of [[0.6, 0.18], [0.71, 0.18], [0.82, 0.18], [0.6, 0.33], [0.82, 0.33]] as const) {
    painter.box(x, y, 0.045, 0.09, 52);
    painter.box(x + 0.02, y, 0.004, 0.09, 170);
  }
  painter.box(0.71, 0.32, 0.05, 0.16, 60);
  for (let bush = 0; bush < 14; bush++) {
    painter.box(bush * 0.04, 0.36 - 0.03 * texture(bush * 1.7, 3), 0.042, 0.12, 62 + 12 * texture(bush, 8));
  }
  painter.box(0.66, 0.48, 0.14, 0.52, 138);
}

/** A person as seen from the side: head, body with a jacket, legs that swing. `height` is that of the person, `y` where the feet are. */
export function paintWalker(painter: Painter, { x, y, height, stepsPerSecond = 1.8, timeMs, shade = 42 }: { x: number; y: number; height: number; stepsPerSecond?: number; timeMs: number; shade?: number }): void {
  const unit = (height * painter.height) / painter.width;
  const swing = sin((timeMs / 1000) * Math.PI * stepsPerSecond);
  const top = y - height;
  painter.box(x - 0.07 * unit, top, 0.14 * unit, 0.14 * height, shade + 60);
  painter.box(x - 0.13 * unit, top + 0.14 * height, 0.26 * unit, 0.4 * height, shade);
  painter.box(x - 0.13 * unit, top + 0.3 * height, 0.26 * unit, 0.05 * height, shade + 90);
  for (const leg of [-1, 1]) {
    painter.box(x - 0.05 * unit + leg * swing * 0.1 * unit, top + 0.54 * height, 0.1 * unit, 0.26 * height, shade + 14);
    painter.box(x - 0.05 * unit + leg * swing * 0.18 * unit, top + 0.8 * height, 0.1 * unit, 0.2 * height, shade + 14);
  }
}

/** A car from the side; `x` is its left end, `y` the road under it, `width` its length. */
export function paintCar(painter: Painter, { x, y, width, shade = 170 }: { x: number; y: number; width: number; shade?: number }): void {
  const height = (width * 0.32 * painter.width) / painter.height;
  painter.box(x, y - 0.62 * height, width, 0.46 * height, shade);
  painter.box(x + 0.2 * width, y - height, 0.55 * width, 0.38 * height, shade);
  painter.box(x + 0.24 * width, y - 0.94 * height, 0.21 * width, 0.3 * height, 55);
  painter.box(x + 0.5 * width, y - 0.94 * height, 0.21 * width, 0.3 * height, 55);
  for (const wheel of [0.14, 0.7]) {
    painter.box(x + wheel * width, y - 0.3 * height, 0.16 * width, 0.3 * height, 30);
  }
}

/** A tree whose crown sways in the wind. */
export function paintTree(painter: Painter, { x, timeMs, wind }: { x: number; timeMs: number; wind: number }): void {
  const seconds = timeMs / 1000;
  painter.box(x - 0.008, 0.35, 0.016, 0.3, 55);
  for (let leaf = 0; leaf < 60; leaf++) {
    const [lx, ly] = [texture(leaf * 3.1, 1), texture(leaf * 5.7, 2)];
    const sway = wind * (sin(seconds * 1.9 + leaf) + 0.6 * sin(seconds * 0.7 + leaf * 2) + 0.5 * sin(seconds * 0.23));
    painter.box(x + lx * 0.09 + sway * 0.012, 0.22 + ly * 0.14 + sway * 0.004, 0.02, 0.03, 45 + 50 * abs(texture(leaf, 9)));
  }
}

/** Streaks of rain, or flakes of snow, at other places in every picture. */
export function paintFalling(painter: Painter, { number, count, kind }: { number: number; count: number; kind: 'rain' | 'snow' }): void {
  const random = seededRandom(number * 7919 + 13);
  for (let each = 0; each < count; each++) {
    const near = random() ** 3;
    const [x, y] = [random(), random()];
    if (kind === 'rain') {
      painter.box(x, y, (0.3 + 0.6 * near) / 320, 0.03 + 0.12 * near, 200);
    } else {
      const size = 1.2 + 6 * near;
      painter.box(x, y, size / 320, size / 180, 215);
    }
  }
}

/** What a camera writes into its picture: the time, with seconds. */
export function paintClock(painter: Painter, timeMs: number): void {
  const seconds = floor(timeMs / 1000);
  const text = [2, 0, 2, 6, 1, 1, 2, 2, floor(seconds / 36000) % 10, floor(seconds / 3600) % 10, floor(seconds / 600) % 6, floor(seconds / 60) % 10, floor(seconds / 10) % 6, seconds % 10];
  text.forEach((digit, index) => {
    const x = 0.03 + index * 0.017;
    for (const [at, [sx, sy, sw, sh]] of segments.entries()) {
      if (((segmentsOf[digit] ?? 0) >> at) & 1) {
        painter.box(x + sx * 0.012, 0.03 + sy * 0.04, sw * 0.012, sh * 0.04, 235);
      }
    }
  });
}

/** Seven segments: from the left, from the top, width, height. */
const segments = [[0, 0, 1, 0.18], [0.8, 0, 0.25, 0.5], [0.8, 0.5, 0.25, 0.5], [0, 0.85, 1, 0.18], [0, 0.5, 0.25, 0.5], [0, 0, 0.25, 0.5], [0, 0.42, 1, 0.18]] as const;
const segmentsOf = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];

/** Smooth noise, -1 to 1: the same for the same place. */
export function texture(x: number, y: number): number {
  const [x0, y0] = [floor(x), floor(y)];
  const [fx, fy] = [smooth(x - x0), smooth(y - y0)];
  const above = lattice(x0, y0) * (1 - fx) + lattice(x0 + 1, y0) * fx;
  const below = lattice(x0, y0 + 1) * (1 - fx) + lattice(x0 + 1, y0 + 1) * fx;
  return above * (1 - fy) + below * fy;
}

function lattice(x: number, y: number): number {
  let mixed = imul(x, 0x27d4eb2d) ^ imul(y, 0x165667b1);
  mixed = imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 31 - 1;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
