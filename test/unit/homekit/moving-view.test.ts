import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { cameraSchema } from '../../../src/config/options.js';
import type { FfmpegSearch } from '../../../src/ffmpeg/ffmpeg-search.js';
import type { Hardware } from '../../../src/ffmpeg/hardware/hardware.js';
import { MovingView } from '../../../src/homekit/live/moving-view.js';
import type { VideoFormat } from '../../../src/media/access-unit.js';
import { Camera } from '../../../src/pipeline/camera.js';
import type { PacketStream } from '../../../src/pipeline/packet-stream.js';
import { HouseBudget } from '../../../src/resources/house-budget.js';

const format: VideoFormat = { codec: 'h264', parameterSets: [], width: 1280, height: 720, profile: 'High', level: '3.1', reorders: false, fullRange: false };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };
const never = new Promise<never>(() => undefined);
const [fps, gopPictures] = [10, 20];

/** Publishes so many GOPs of 2 s at this rate, a little faster than they are sent. @returns when the next picture is due. */
async function send(packets: PacketStream, gops: number, kbps: number, fromMs: number): Promise<number> {
  for (let gop = 0; gop < gops; gop++) {
    for (let picture = 0; picture < gopPictures; picture++) {
      const timeMs = fromMs + ((gop * gopPictures + picture) * 1000) / fps;
      packets.publish({ format, data: new Uint8Array((kbps * 1000) / 8 / fps), keyframe: picture === 0, timeMs, decodeTimeMs: timeMs });
    }
    await sleep(60);
  }
  return fromMs + (gops * gopPictures * 1000) / fps;
}

test('a camera that comes over a limit while it is watched is not copied any more', async () => {
  await using camera = new Camera({
    config: cameraSchema.parse({ name: 'Gate', source: 'rtsp://127.0.0.1:9/none' }),
    log: quiet,
    ffmpeg: { find: () => never, forget: () => undefined } as unknown as FfmpegSearch,
    hardware: { decoder: () => never, encoder: () => never } as unknown as Hardware,
    socketFolder: '/nowhere',
  });
  // Nothing may be converted either, so that no FFmpeg is needed: it then waits.
  const budget = new HouseBudget({ maxBitrate: 100, maxTranscodes: 1 }, () => 1);
  let sent = 0;
  using view = new MovingView({ camera, budget: budget.camera('Gate'), request: { width: 1280, height: 720, fps: 30, bitrateKbps: 299, profile: 'high', level: '3.1', remote: false }, viewer: 'test', send: () => (sent += 1) });
  const { packets } = camera.main;
  const watchedMs = await send(packets, 4, 50, performance.now() - 80_000);
  view.start();
  const brighterMs = await send(packets, 8, 50, watchedMs);
  expect({ refused: view.refused, flows: sent > gopPictures * 4 }).toEqual({ refused: false, flows: true });
  await send(packets, 12, 200, brighterMs);
  expect(view.refused).toBe(true);
  const shown = sent;
  await send(packets, 2, 200, brighterMs + 24_000);
  expect(sent).toBe(shown);
});
