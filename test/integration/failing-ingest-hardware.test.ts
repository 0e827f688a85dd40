import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import type { HardwareChoice } from '../../src/ffmpeg/hardware/hardware.js';
import { presetTable, type PresetName } from '../../src/ffmpeg/hardware/presets.js';
import type { CameraSource } from '../../src/media/camera-source.js';
import type { CameraStream } from '../../src/pipeline/camera-stream.js';
import type { IngestHardware } from '../../src/pipeline/source/encoding-trust.js';
import { startFakeGpu, type FakeGpu } from '../support/fake-gpu.js';
import { ffmpegPath } from '../support/house.js';
import { openStream } from '../support/opened-stream.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';
import { until } from '../support/until.js';

interface EncodedSource extends AsyncDisposable {
  readonly gpu: FakeGpu;
  readonly stream: CameraStream;
  /** Why the GPU was set aside. */
  readonly failures: readonly string[];
}

/** A stream that is encoded at the ingest, by the GPU until that is set aside. */
async function encoded(source: CameraSource): Promise<EncodedSource> {
  const gpu = await startFakeGpu({ realFfmpeg: ffmpegPath });
  const ffmpeg = { ...(await testFfmpeg()), path: gpu.path };
  const failures: string[] = [];
  const choice = async (name: PresetName): Promise<HardwareChoice> => Promise.resolve({ ffmpeg, preset: presetTable[name], because: 'the test wants it so' });
  const newest = (): Promise<HardwareChoice> => choice(failures.length > 0 ? 'software' : 'nvidia');
  const hardware: IngestHardware = {
    encoder: newest,
    recording: async () => ({ decode: await newest(), encode: await newest() }),
    inSoftware: () => choice('software'),
    failed: (_choice, _role, because) => failures.push(because) > 0,
  };
  const opened = await openStream({}, { source, hardware, ffmpeg: async () => Promise.resolve(ffmpeg) });
  const dispose = async (): Promise<void> => {
    await opened[Symbol.asyncDispose]();
    await gpu[Symbol.asyncDispose]();
  };
  return { gpu, stream: opened.stream, failures, [Symbol.asyncDispose]: dispose };
}

/** MJPEG by HTTP from a camera of which FFmpeg gets something else each other time, once it has looked at it. */
async function brokenCamera(): Promise<{ readonly url: string; broken: boolean } & AsyncDisposable> {
  const camera = { broken: true };
  let asked = 0;
  const server = createServer((request, response) => {
    const byFfmpeg = request.headers['user-agent']?.startsWith('Lavf') === true;
    asked += Number(byFfmpeg);
    response.writeHead(200, { 'Content-Type': 'video/x-matroska' });
    if (camera.broken && byFfmpeg && asked % 2 === 0) {
      response.end(randomBytes(100_000));
      return;
    }
    const player = spawn(ffmpegPath, ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=10', '-c:v', 'mjpeg', '-f', 'matroska', '-flush_packets', '1', '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
    player.stdout.pipe(response);
    response.on('close', () => player.kill('SIGKILL'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(camera, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

test.concurrent('a broken camera does not take the hardware away from the others', async () => {
  await using camera = await brokenCamera();
  await using it = await encoded({ kind: 'http', url: camera.url });
  const encodings = (): readonly boolean[] => it.gpu.starts().filter(({ args }) => args.includes('-map')).slice(1).map(({ encodes }) => encodes); // The first one tries to copy.
  using _lease = it.stream.lease({ holder: 'test', waitedFor: true });
  await until('it has failed on the hardware, in software, and on the hardware again', () => encodings().length >= 3, 60_000);
  expect(encodings().slice(0, 3)).toEqual([true, false, true]);
  expect(it.failures).toEqual([]);
  camera.broken = false;
  await until('its picture is there', () => it.stream.state.kind === 'live', 60_000);
}, 120_000);

test.concurrent('hardware that hangs is left alone: the picture comes from software, and then all do without it', async () => {
  await using it = await encoded({ kind: 'test', width: 320, height: 180, fps: 10 });
  it.gpu.set('hangs');
  using _lease = it.stream.lease({ holder: 'test', waitedFor: true });
  await until('its picture is there', () => it.stream.state.kind === 'live', 25_000);
  expect(it.stream.connections).toBe(2);
  await until('the hardware is set aside', () => it.failures.length > 0, 30_000);
  expect(it.failures).toHaveLength(1);
  expect(it.stream.connections).toBe(2);
}, 120_000);

test.concurrent('hardware that is lost after some seconds is set aside as soon as it says so', async () => {
  await using it = await encoded({ kind: 'test', width: 320, height: 180, fps: 10 });
  it.gpu.set('dies');
  using _lease = it.stream.lease({ holder: 'test', waitedFor: true });
  await until('it is lost', () => it.failures.length > 0, 30_000);
  await until('the picture is there in software', () => it.stream.state.kind === 'live' && it.stream.connections === 2, 20_000);
  expect(it.gpu.starts().filter(({ encodes }) => encodes).length).toBeGreaterThan(0);
}, 120_000);
