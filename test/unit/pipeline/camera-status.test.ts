import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { cameraSchema } from '../../../src/config/options.js';
import { FfmpegSearch } from '../../../src/ffmpeg/ffmpeg-search.js';
import { Hardware } from '../../../src/ffmpeg/hardware/hardware.js';
import { Camera } from '../../../src/pipeline/camera.js';
import { Problem } from '../../../src/problems.js';

const ignore = () => undefined;

/** A camera that nobody has asked for anything yet. */
function newCamera(): Camera {
  const log = { info: ignore, warn: ignore, error: ignore, debug: ignore };
  const ffmpeg = new FfmpegSearch(undefined, ignore);
  const hardware = new Hardware({ search: ffmpeg, wanted: 'software', file: join(tmpdir(), 'hardware.json'), log });
  const config = cameraSchema.parse({ name: 'Gate', source: 'rtsp://joe:s3cret@192.0.2.5/1', substream: 'rtsp://joe:s3cret@192.0.2.5/2' });
  return new Camera({ config, log, ffmpeg, hardware, socketFolder: tmpdir() });
}

test('a camera that was never asked for anything: what is not known is left out, and nothing is null', async () => {
  await using camera = newCamera();
  const written = JSON.stringify(camera.status());
  expect(written).not.toContain('null');
  expect(JSON.parse(written)).toMatchObject({ camera: 'Gate', online: true, private: false, streams: [{ name: 'main', state: 'asleep', connections: 0, ringReachMs: 0 }, { name: 'sub', state: 'asleep' }] });
  for (const field of ['forSeconds', 'away', 'picture']) {
    expect(camera.status().streams[0]).toHaveProperty(field, undefined);
  }
});

test('what is wrong is told of the stream that it is about, without credentials, until it is solved', async () => {
  await using camera = newCamera();
  camera.problems.report('sub', new Problem('ffmpeg-failed', 'rtsp://joe:s3cret@192.0.2.5/2: Strange'));
  const away = { code: 'ffmpeg-failed', because: 'FFmpeg stopped unexpectedly (rtsp://***@192.0.2.5/2: Strange)', forSeconds: 0 };
  expect(camera.status().streams.map((stream) => stream.away)).toEqual([undefined, away]);
  camera.problems.solved('sub', 'it is back');
  expect(camera.status().streams[1]?.away).toBeUndefined();
});
