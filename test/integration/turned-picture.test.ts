import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { CameraConfig } from '../../src/config/options.js';
import { ffmpegPath } from '../support/house.js';
import { openCamera } from '../support/opened-camera.js';
import { openSource } from '../support/opened-source.js';
import type { Picture } from '../support/picture.js';
import { until } from '../support/until.js';

const size: { readonly width: number; readonly height: number } = { width: 640, height: 360 };
const shades = { topLeft: 40, topRight: 100, bottomLeft: 160, bottomRight: 220 } as const;

/** Four fields, each of a shade of its own, uncompressed. */
const drawn = ({ width, height }: typeof size): string[] => ['-f', 'lavfi', '-i', `color=black:s=${width}x${height}:r=10,format=yuv420p,geq=lum='if(lt(X,W/2),if(lt(Y,H/2),${shades.topLeft},${shades.bottomLeft}),if(lt(Y,H/2),${shades.topRight},${shades.bottomRight}))':cb=128:cr=128`];
const fields = `ffmpeg:${JSON.stringify(['-re', ...drawn(size)])}`;

/** JPEGs of this size, and then of another; for so many seconds each. */
async function changingFields(path: string, sizes: readonly { readonly size: typeof size; readonly seconds: number }[]): Promise<string> {
  for (const each of sizes) {
    const jpegs = spawn(ffmpegPath, ['-v', 'error', ...drawn(each.size), '-t', String(each.seconds), '-c:v', 'mjpeg', '-f', 'mjpeg', '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await appendFile(path, await buffer(jpegs.stdout));
  }
  return `ffmpeg:${JSON.stringify(['-re', '-f', 'mjpeg', '-framerate', '10', '-i', path])}`;
}

/** The fields of a picture, by the shade in the middle of each. */
function fieldsOf({ width, height, luma }: Picture): Record<keyof typeof shades, string> {
  const at = (x: number, y: number): string => {
    const seen = luma[Math.round(y * height) * width + Math.round(x * width)] ?? 0;
    return Object.entries(shades).find(([, shade]) => Math.abs(shade - seen) < 12)?.[0] ?? `shade ${seen}`;
  };
  return { topLeft: at(0.25, 0.25), topRight: at(0.75, 0.25), bottomLeft: at(0.25, 0.75), bottomRight: at(0.75, 0.75) };
}

describe('a picture is changed before anybody sees it', () => {
  test.concurrent.each<[string, Partial<CameraConfig>, { width: number; height: number }, [string, string, string, string]]>([
    ['not at all', {}, size, ['topLeft', 'topRight', 'bottomLeft', 'bottomRight']],
    ['a quarter turn to the right', { rotate: 90 }, { width: 360, height: 640 }, ['bottomLeft', 'topLeft', 'bottomRight', 'topRight']],
    ['half a turn', { rotate: 180 }, size, ['bottomRight', 'bottomLeft', 'topRight', 'topLeft']],
    ['a quarter turn to the left', { rotate: 270 }, { width: 360, height: 640 }, ['topRight', 'bottomRight', 'topLeft', 'bottomLeft']],
    ['mirrored', { flip: 'horizontal' }, size, ['topRight', 'topLeft', 'bottomRight', 'bottomLeft']],
    ['mirrored top and bottom', { flip: 'vertical' }, size, ['bottomLeft', 'bottomRight', 'topLeft', 'topRight']],
    ['the left half cut off', { crop: { left: 50, right: 0, top: 0, bottom: 0 } }, { width: 320, height: 360 }, ['topRight', 'topRight', 'bottomRight', 'bottomRight']],
    ['cut off below, then turned', { crop: { left: 0, right: 0, top: 0, bottom: 50 }, rotate: 90 }, { width: 180, height: 640 }, ['topLeft', 'topLeft', 'topRight', 'topRight']],
  ])('%s', async (_, options, { width, height }, [topLeft, topRight, bottomLeft, bottomRight]) => {
    await using it = await openSource(fields, options);
    const picture = await it.picture();
    expect([picture.width, picture.height]).toEqual([width, height]);
    expect(fieldsOf(picture)).toEqual({ topLeft, topRight, bottomLeft, bottomRight });
  }, 60_000);

  test.concurrent('what is cut off stays cut off when the camera sends another size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'camera-hub-sizes-'));
    const source = await changingFields(join(folder, 'fields'), [{ size, seconds: 4 }, { size: { width: 352, height: 288 }, seconds: 60 }]);
    {
      await using it = await openSource(source, { crop: { left: 50, right: 0, top: 0, bottom: 50 } });
      using _lease = it.camera.main.lease({ holder: 'test' });
      const { packets } = it.camera.main;
      await until('its picture is there', () => packets.liveKeyframe !== undefined);
      const beginsMs = packets.liveKeyframe?.timeMs ?? NaN;
      await until('the other size has come', () => (packets.liveKeyframe?.timeMs ?? NaN) - beginsMs > 6_000, 40_000);
      const picture = await it.picture();
      expect([picture.width, picture.height]).toEqual([320, 180]);
      expect(new Set(Object.values(fieldsOf(picture)))).toEqual(new Set(['topRight']));
      expect(it.camera.main.connections).toBe(2);
    }
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test.concurrent('of H.264: the camera is looked at once, and encoded by one FFmpeg from then on', async () => {
    await using it = await openCamera({}, { rotate: 90 });
    using _lease = it.camera.main.lease({ holder: 'test' });
    await until('its picture is there', () => it.camera.main.facts().width !== undefined);
    expect(it.camera.main.facts()).toMatchObject({ codec: 'h264', width: 360, height: 640, bFrames: false });
    expect(it.log).toContainEqual(expect.stringContaining('encoded once for all as 360x640'));
    // Described, looked at, connected.
    expect(it.simulated.statistics().playedConnections.total).toBe(2);
    await it.simulated.stop();
    await it.simulated.start();
    await until('it is back', () => it.camera.main.reconnects.recent > 0, 30_000);
    expect(it.camera.main.facts()).toMatchObject({ width: 360, height: 640 });
    expect(it.simulated.statistics().playedConnections.total).toBe(3);
  }, 60_000);
});
