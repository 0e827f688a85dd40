import { expect, test } from '@jest/globals';
import { MotionDetector, type MotionVerdict } from '../../../src/motion/detector.js';
import { Painter } from '../../support/motion/painter.js';
import { paintWalker } from '../../support/motion/drawn-things.js';
import { drawnPictures, paintScene, type DrawnScene } from '../../support/motion/scenes.js';

const garden: DrawnScene = { name: 'garden', seconds: 20, motion: [], draw: () => undefined };
const small = { width: 160, height: 90 };

/** Looks at a scene from one time to another, five times a second. */
function watch(detector: MotionDetector, scene: DrawnScene, [fromS, toS]: readonly [number, number], { size = small, stepMs = 200 } = {}): MotionVerdict[] {
  const painter = new Painter(size.width, size.height);
  const verdicts: MotionVerdict[] = [];
  for (let timeMs = fromS * 1000; timeMs < toS * 1000; timeMs += stepMs) {
    paintScene(scene, painter, timeMs / 1000);
    verdicts.push(detector.look({ ...size, luma: painter.luma, timeMs }));
  }
  return verdicts;
}

const detector = (settings: Partial<ConstructorParameters<typeof MotionDetector>[0]> = {}): MotionDetector => new MotionDetector({ sensitivity: 50, zones: [], ...settings });
const states = (verdicts: readonly MotionVerdict[]): string => verdicts.map(({ state, moving }) => (moving ? 'M' : state.charAt(0))).join('');

/** Somebody who walks to the right, in the right half, from the sixth second on. */
const walker: DrawnScene = {
  ...garden,
  draw: (painter, seconds) => seconds >= 6 && paintWalker(painter, { x: 0.6 + 0.06 * (seconds - 6), y: 0.9, height: 0.4, timeMs: seconds * 1000 }),
};

test('the background is learned in four seconds of pictures, and in three keyframes', () => {
  expect(states(watch(detector(), garden, [0, 6]))).toBe(`${'l'.repeat(21)}${'w'.repeat(9)}`);
  expect(states(watch(detector(), garden, [0, 16], { stepMs: 2_000 }))).toBe('lllwwwww');
  expect(states(watch(detector(), garden, [0, 24], { stepMs: 4_000 }))).toBe('lllwww');
});

test('the region is where somebody moves, in fractions of the picture', () => {
  const region = watch(detector(), walker, [0, 10]).findLast(({ moving }) => moving)?.region;
  expect(region?.x).toBeGreaterThan(0.75);
  expect((region?.x ?? 0) + (region?.width ?? 0)).toBeLessThan(0.9);
  expect(region?.y).toBeGreaterThan(0.45);
  expect((region?.y ?? 0) + (region?.height ?? 0)).toBeLessThan(0.95);
});

test('motion counts in areas to include, and not in those to exclude', () => {
  const left = [{ x: 0, y: 0 }, { x: 0.5, y: 0 }, { x: 0.5, y: 1 }, { x: 0, y: 1 }];
  const right = left.map(({ x, y }) => ({ x: x + 0.5, y }));
  const moves = (zones: ConstructorParameters<typeof MotionDetector>[0]['zones']): boolean => watch(detector({ zones }), walker, [0, 10]).some(({ moving }) => moving);
  expect(moves([])).toBe(true);
  expect(moves([{ kind: 'include', points: right }])).toBe(true);
  expect(moves([{ kind: 'include', points: left }])).toBe(false);
  expect(moves([{ kind: 'exclude', points: left }])).toBe(true);
  expect(moves([{ kind: 'exclude', points: right }])).toBe(false);
  expect(moves([{ kind: 'include', points: right }, { kind: 'exclude', points: right }])).toBe(false);
});

test('who fills a small area to include is not taken for a switched light', () => {
  const around = [{ x: 0.63, y: 0.6 }, { x: 0.67, y: 0.6 }, { x: 0.67, y: 0.85 }, { x: 0.63, y: 0.85 }];
  const verdicts = watch(detector({ zones: [{ kind: 'include', points: around }] }), walker, [0, 12]);
  expect(verdicts.every(({ state }) => state !== 'relearning')).toBe(true);
  expect(verdicts.some(({ moving, changed }) => moving && changed > 0.5)).toBe(true);
});

test('a light that is switched is learned anew, within seconds, and says so', () => {
  const lit: DrawnScene = { ...garden, light: (painter, seconds) => painter.relightAll((shade) => (seconds < 6 ? 235 - shade * 0.9 : shade)) };
  const verdicts = watch(detector(), lit, [0, 12]);
  expect(states(verdicts)).toMatch(/^l{21}w{9}r{8,14}w+$/);
  expect(verdicts.find(({ state }) => state === 'relearning')?.because).toBe('a light was switched, or the camera moved');
});

test('a camera that does not come to rest is given up on after fifteen seconds', () => {
  const turning: DrawnScene = { ...garden, light: (painter, seconds) => painter.luma.set(painter.luma.map((_, index) => 60 + ((index * 7 + Math.round(seconds * 5) * 50) % 150))) };
  expect(watch(detector(), turning, [0, 25]).map(({ state }) => state)).toContain('watching');
});

test('pictures of another size are the same scene: no alarm, and blind for less than a second', () => {
  const it = detector();
  watch(it, garden, [0, 8], { size: { width: 320, height: 180 } });
  const seen = [
    ...watch(it, garden, [8, 11], { size: { width: 1280, height: 720 } }),
    ...watch(it, garden, [11, 14], { size: { width: 640, height: 360 } }),
    ...watch(it, garden, [14, 17], { size: { width: 240, height: 136 } }),
    ...watch(it, garden, [17, 20], { size: { width: 320, height: 180 } }),
  ];
  expect(states(seen)).toMatch(/^(r{1,3}w{12,14}){4}$/);
});

test('somebody who walks while the size changes is seen again soon', () => {
  const it = detector();
  watch(it, walker, [0, 8], { size: { width: 320, height: 180 } });
  expect(states(watch(it, walker, [8, 10], { size: { width: 640, height: 360 } }))).toMatch(/^[rw]{1,6}M{4,}$/);
});

test('portrait and very wide pictures are looked at too', () => {
  for (const size of [{ width: 90, height: 160 }, { width: 480, height: 100 }, { width: 1080, height: 1920 }]) {
    expect(watch(detector(), walker, [0, 8], { size }).some(({ moving }) => moving)).toBe(true);
  }
});

test('a picture that is none is refused, and the next one is looked at as if nothing had been', () => {
  const it = detector();
  watch(it, walker, [0, 7.6]);
  for (const bad of [{ width: 160, height: 90, luma: new Uint8Array(10) }, { width: 0, height: 0, luma: new Uint8Array(0) }, { width: 20.5, height: 90, luma: new Uint8Array(9_999) }, { width: 8, height: 8, luma: new Uint8Array(64) }]) {
    expect(() => it.look({ ...bad, timeMs: 7_700 })).toThrow(RangeError);
  }
  expect(states(watch(it, walker, [7.8, 9]))).toBe('MMMMMM');
});

test('after a minute without pictures the scene is learned anew, without an alarm', () => {
  const it = detector();
  const dusk: DrawnScene = { ...garden, seconds: 200, light: (painter, seconds) => painter.relight((shade, x) => (seconds < 60 ? shade : shade * (0.3 + 0.4 * x))) };
  watch(it, dusk, [0, 8]);
  expect(states(watch(it, dusk, [70, 76]))).toMatch(/^r{11}w{19}$/);
});

test('what stands in the picture from then on is background soon', () => {
  const box: DrawnScene = { ...garden, draw: (painter, seconds) => seconds >= 6 && painter.box(0.3, 0.5, 0.15, 0.3, 30) };
  const verdicts = watch(detector(), box, [0, 26]);
  expect(verdicts.filter(({ moving }) => moving).length).toBeLessThanOrEqual(3);
  expect(verdicts.at(-1)?.changed).toBeLessThan(0.002);
});

test('memory is taken once for a size, not for each picture', () => {
  const it = detector();
  watch(it, walker, [0, 7]);
  const pictures = [...drawnPictures({ ...walker, seconds: 0.2 }, 200, small)];
  const [picture] = pictures;
  const before = process.memoryUsage().arrayBuffers;
  for (let number = 0; picture && number < 200; number++) {
    it.look({ ...picture, timeMs: 7_000 + number * 200 });
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200_000);
});
