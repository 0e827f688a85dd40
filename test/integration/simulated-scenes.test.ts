import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { marksZones, readMarks } from '../support/camera/marks.js';
import { startCamera } from '../support/camera/rtsp-camera.js';
import { spawnCamera } from '../support/camera/spawn-camera.js';
import { ffmpegPath } from '../support/house.js';

const run = promisify(execFile);
const quiet = { scene: 'still', width: 640, height: 360, bitrateKbps: 800, keyframeSeconds: 1, seconds: 20 } as const;
const small = { ...quiet, width: 320, height: 180, bitrateKbps: 300 } as const;
const size = { width: 320, height: 180 } as const;

/** What FFmpeg decodes of a stream from now on; throws where it has anything to complain of. */
async function pictures(url: string, count: number): Promise<Buffer[]> {
  const args = ['-v', 'error', '-nostdin', '-rtsp_transport', 'tcp', '-i', url, '-frames:v', String(count), '-vf', `scale=${size.width}:${size.height}:flags=area`, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const { stdout, stderr } = await run(ffmpegPath, args, { encoding: 'buffer', maxBuffer: 2 ** 28, timeout: 30_000 });
  expect(stderr.toString()).toBe('');
  return Array.from({ length: count }, (_, index) => stdout.subarray(index * size.width * size.height, (index + 1) * size.width * size.height));
}

/** Whether a motion detector is to look there. */
function isOutsideMarks(index: number): boolean {
  const x = (index % size.width) / size.width;
  const y = Math.floor(index / size.width) / size.height;
  return marksZones.every(({ points: [{ x: left, y: top }, , { x: right, y: bottom }] }) => x < left || x > right || y < top || y > bottom);
}

/** How many pixels outside of the marks are clearly different. */
function different(picture: Buffer, other: Buffer): number {
  return picture.filter((luma, index) => Math.abs(luma - (other[index] ?? 0)) > 30 && isOutsideMarks(index)).length;
}

const counterOf = (luma: Buffer): number => readMarks(luma, size.width, size.height)?.counter ?? -1;

describe('somebody who comes into a quiet scene', () => {
  test.each(['main', 'sub'] as const)('is in the %s stream from the picture on that is told, on the same connection, and its numbers go on', async (stream) => {
    const camera = await startCamera({ main: quiet, sub: small, startAt: 'cachedGop', ffmpegPath });
    try {
      const seen = pictures(camera.url(stream), 130);
      const began = await camera.show('walker');
      const first = began[stream] ?? began.main;
      expect(first.sentMs).toBe(camera.sentAt(first.counter, stream));
      expect(Math.abs(performance.now() - first.sentMs)).toBeLessThan(100);
      expect(first.counter % 30).toBe(15);

      const shown = await seen;
      const counters = shown.map(counterOf);
      expect(counters).toEqual(counters.map((_, index) => ((counters[0] ?? -1) + index) % 600));
      const [garden] = shown;
      const begin = counters.indexOf(first.counter);
      expect(begin).toBeGreaterThan(0);
      const changed = shown.map((picture) => different(picture, garden ?? picture));
      expect(Math.max(...changed.slice(0, begin))).toBe(0);
      expect(Math.min(...changed.slice(begin))).toBeGreaterThan(200);
      expect(camera.statistics().playedConnections.total).toBe(1);
    } finally {
      await camera.close();
    }
  });

  test('walks all the time, to and fro, also across the end of the loop, and is gone from a keyframe on', async () => {
    const camera = await startCamera({ main: { ...quiet, seconds: 4 }, startAt: 'cachedGop', ffmpegPath });
    try {
      const [garden] = await pictures(camera.url(), 1);
      await camera.show('walker');
      const seen = pictures(camera.url(), 210);
      await sleep(4_500);
      const { main } = await camera.show('still');
      const shown = (await seen).slice(30); // The first GOP is that in which he came.
      const changed = shown.map((picture) => different(picture, garden ?? picture));
      const gone = changed.indexOf(0);
      expect(gone).toBeGreaterThan(110);
      expect(counterOf(shown[gone] ?? Buffer.alloc(0))).toBe(main.counter);
      expect(main.counter % 30).toBe(0);
      expect(Math.min(...changed.slice(0, gone))).toBeGreaterThan(200);
      expect(Math.max(...changed.slice(gone))).toBe(0);
      const halfSecondLater = shown.slice(15, gone).map((picture, index) => different(picture, shown[index] ?? picture));
      expect(Math.min(...halfSecondLater)).toBeGreaterThan(50);
    } finally {
      await camera.close();
    }
  });

  test('comes when a camera of its own process is told, which says when on the clock of the test', async () => {
    const camera = await spawnCamera({ main: quiet, sub: small, startAt: 'cachedGop', ffmpegPath });
    try {
      const { main, sub } = await camera.show('walker');
      expect(Math.abs(performance.now() - main.sentMs)).toBeLessThan(500);
      expect(sub?.counter).toBe(main.counter);
      const shown = (await pictures(camera.url(), 31)).at(-1);
      await camera.show('still');
      const [garden] = await pictures(camera.url(), 1);
      expect(shown && garden && different(shown, garden)).toBeGreaterThan(200);
    } finally {
      await camera.close();
    }
  });

  test('cannot come twice, nor into a test picture', async () => {
    const camera = await startCamera({ main: quiet, ffmpegPath });
    const busy = await startCamera({ main: { ...quiet, scene: 'busy', seconds: 4 }, ffmpegPath });
    try {
      await expect(busy.show('walker')).rejects.toThrow('cannot show "walker"');
      const coming = camera.show('walker');
      await expect(camera.show('still')).rejects.toThrow('cannot show "still"');
      await coming;
      await expect(camera.show('walker')).rejects.toThrow('cannot show "walker"');
    } finally {
      await camera.close();
      await busy.close();
    }
  });
});
