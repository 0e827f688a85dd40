import { expect, test } from '@jest/globals';
import { readMarks } from '../support/camera/marks.js';
import { follow } from '../support/followed-stream.js';
import { machinePace } from '../support/machine-pace.js';
import { openPlugin } from '../support/opened-camera.js';
import { decodeUnits, longestGap } from '../support/seen-pictures.js';
import { film } from '../support/streaming/looped-film.js';
import { serveHls } from '../support/streaming/streaming-server.js';

test('HLS comes evenly, and no further behind than its files have to be', async () => {
  await using server = await serveHls();
  await using it = await openPlugin({ source: server.url, audio: false });
  using _lease = it.camera.main.lease({ holder: 'test' });
  const followed = follow(it.camera.main, () => it.log);
  const { units } = followed;
  await followed.until(() => units.length > 12 * film.fps);
  expect(longestGap(units, film.fps)).toBeLessThanOrEqual(1);
  // The first seconds come as they are found.
  const settled = units.slice(3 * film.fps);
  const pauses = settled.slice(1).map(({ arrivalMs }, index) => arrivalMs - (settled[index]?.arrivalMs ?? 0));
  expect(Math.max(...pauses)).toBeLessThan(1_000 * (await machinePace()));
  const { luma } = await decodeUnits(units, film);
  const delays = luma.map((picture, index) => {
    const counter = readMarks(picture, film.width, film.height)?.counter ?? NaN;
    const loopMs = film.seconds * 1_000;
    return ((units[index]?.arrivalMs ?? 0) - server.filmedMs - (counter * 1_000) / film.fps + 2 * loopMs) % loopMs;
  });
  // Two files of two seconds, and what FFmpeg and the server take.
  expect(Math.max(...delays)).toBeLessThan(4_000 + 1_500 * (await machinePace()));
  expect(Math.abs((delays.at(-1) ?? 0) - (delays[5 * film.fps] ?? 0))).toBeLessThan(500);
}, 90_000);
