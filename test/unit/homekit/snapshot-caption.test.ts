import { describe, expect, test } from '@jest/globals';
import { drawCaption } from '../../../src/homekit/snapshot-caption.js';
import { i420Bytes } from '../../../src/media/picture.js';

/** A picture of one colour, as luma and both chromas, with a caption; and where that changed it. */
function captioned(width: number, height: number, text: string, [luma, cb, cr]: readonly [number, number, number] = [120, 200, 60]) {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const i420 = new Uint8Array(i420Bytes(width, height));
  i420.fill(luma, 0, width * height);
  i420.fill(cb, width * height, width * height + columns * rows);
  i420.fill(cr, width * height + columns * rows);
  const before = i420.slice();
  drawCaption({ width, height, i420 }, text);
  const changed = (start: number, planeWidth: number, planeHeight: number) => {
    const at = Array.from({ length: planeWidth * planeHeight }, (_, index) => index).filter((index) => i420[start + index] !== before[start + index]);
    const [xs, ys] = [at.map((index) => index % planeWidth), at.map((index) => Math.floor(index / planeWidth))];
    return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
  };
  return { i420, before, luma: changed(0, width, height), chroma: [changed(width * height, columns, rows), changed(width * height + columns * rows, columns, rows)] };
}

describe('the caption', () => {
  test.each([
    [160, 90, 6, 3],
    [320, 180, 5, 3.5],
    [640, 360, 8, 4],
    [1920, 1080, 11, 5],
    [360, 640, 4, 3],
  ])('at %i x %i stands in the lower right corner, with room around it, no wider than a part of the picture', (width, height, mostMargin, leastShare) => {
    const { luma, chroma } = captioned(width, height, '10:42');
    for (const margin of [(width - 1 - luma.right) / width, (height - 1 - luma.bottom) / height]) {
      expect(margin * 100).toBeGreaterThan(0.9);
      expect(margin * 100).toBeLessThan(mostMargin);
    }
    expect(luma.left).toBeGreaterThan(width * 0.45);
    expect(luma.top).toBeGreaterThan(height * 0.7);
    expect(((luma.bottom - luma.top) / height) * 100).toBeGreaterThan(leastShare);
    for (const plane of chroma) {
      expect(Math.abs(plane.left * 2 - luma.left)).toBeLessThanOrEqual(2);
      expect(Math.abs(plane.bottom * 2 - luma.bottom)).toBeLessThanOrEqual(2);
    }
  });

  test.each([
    ['white', 235],
    ['grey', 120],
    ['black', 16],
  ])('can be read on a %s wall: light letters, dark around them', (_name, wall) => {
    const { i420, luma } = captioned(320, 180, '10:42', [wall, 128, 128]);
    const inside = Array.from({ length: luma.bottom - luma.top + 1 }, (_, y) => [...i420.subarray((luma.top + y) * 320 + luma.left, (luma.top + y) * 320 + luma.right + 1)]).flat();
    const light = inside.filter((value) => value > 190).length / inside.length;
    const dark = inside.filter((value) => value < 110).length / inside.length;
    expect(light).toBeGreaterThan(0.08);
    expect(light).toBeLessThan(0.35);
    expect(dark).toBeGreaterThan(0.5);
  });

  test('says what it is given: each minute looks different, the same one always the same', () => {
    const texts = ['10:42', '10:43', 'Sun 10:42', '12 Mar'];
    const pictures = texts.map((text) => Buffer.from(captioned(320, 180, text).i420).toString('latin1'));
    expect(new Set(pictures).size).toBe(texts.length);
    expect(Buffer.from(captioned(320, 180, '10:42').i420).toString('latin1')).toBe(pictures[0]);
  });

  test.each([
    [2, 2],
    [16, 16],
    [40, 12],
    [20, 300],
    [300, 12],
    [31, 17],
  ])('is left out of a picture of %i x %i, where it would have to be cut short', (width, height) => {
    const { i420, before } = captioned(width, height, 'Sun 10:42');
    expect(i420).toEqual(before);
  });

  test('becomes smaller where a picture is narrow', () => {
    const { luma } = captioned(90, 400, 'Sun 10:42');
    expect(luma.left).toBeGreaterThan(0);
  });
});
