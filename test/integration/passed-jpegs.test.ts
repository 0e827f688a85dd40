import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeJpegs } from '../support/http-camera/jpegs.js';
import { openPlugin } from '../support/opened-camera.js';
import { until } from '../support/until.js';

test('of JPEGs that FFmpeg reads, two a second are there as they are, none of them late', async () => {
  const rate = 10;
  const pictures = await makeJpegs({ count: 150 });
  const folder = await mkdtemp(join(tmpdir(), 'camera-hub-jpegs-'));
  try {
    const file = join(folder, 'film.mjpeg');
    await writeFile(file, Buffer.concat(pictures));
    await using it = await openPlugin({ source: `ffmpeg:${JSON.stringify(['-re', '-f', 'mjpeg', '-framerate', String(rate), '-i', file])}`, audio: false });
    using _lease = it.camera.main.lease({ holder: 'test', waitedFor: true });
    const { jpegs } = it.camera.main;
    /** Number and time of each that was there. */
    const seen: { number: number; timeMs: number }[] = [];
    const note = (): void => {
      const { held } = jpegs;
      if (held && held.timeMs !== seen.at(-1)?.timeMs) {
        seen.push({ number: pictures.findIndex((each) => each.equals(held.jpeg)), timeMs: held.timeMs });
      }
    };
    const watch = setInterval(note, 20);
    await until(() => `JPEGs; ${it.log.join('; ')}`, () => seen.length >= 12);
    clearInterval(watch);
    expect(seen.every(({ number }) => number >= 0)).toBe(true);
    const steady = seen.slice(3);
    const [first, last] = [steady[0] ?? { number: NaN, timeMs: NaN }, steady.at(-1) ?? { number: NaN, timeMs: NaN }];
    const seconds = (last.timeMs - first.timeMs) / 1_000;
    expect((steady.length - 1) / seconds).toBeGreaterThan(1.7);
    expect((steady.length - 1) / seconds).toBeLessThan(2.3);
    // As many pictures have passed as it filmed in that time: nothing piles up.
    expect(Math.abs(last.number - first.number - seconds * rate)).toBeLessThan(3);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 40_000);
