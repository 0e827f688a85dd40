import { spawn } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { decode } from 'jpeg-js';
import type { Camera } from '../../src/pipeline/camera.js';
import { openHttpSource } from '../../src/pipeline/source/http-source.js';
import type { HeldJpeg } from '../../src/pipeline/source/newest-jpeg.js';
import { readMarks } from '../support/camera/marks.js';
import { ffmpegPath } from '../support/house.js';
import { HttpCamera } from '../support/http-camera/http-camera.js';
import { makeJpegs } from '../support/http-camera/jpegs.js';
import type { MultipartForm } from '../support/http-camera/multipart.js';
import { numbersIn, stepsBetween } from '../support/http-camera/numbers.js';
import { openHttpCamera } from '../support/http-camera/opened-http-camera.js';
import { machinePace } from '../support/machine-pace.js';
import { openPlugin } from '../support/opened-camera.js';
import { openStream } from '../support/opened-stream.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';
import { until } from '../support/until.js';

const size = { width: 640, height: 360 };
let pictures: readonly Buffer[];

beforeAll(async () => {
  pictures = await makeJpegs(size);
}, 60_000);

/** @param marker its second byte. */
function withoutSegment(jpeg: Buffer, marker: number): Buffer {
  const at = jpeg.indexOf(Buffer.from([0xff, marker]));
  return Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + 2 + jpeg.readUInt16BE(at + 2))]);
}

describe('a stream of JPEGs is read, picture by picture, however it is written', () => {
  test.concurrent.each<[string, Partial<MultipartForm>]>([
    ['as it should be', {}],
    ['without lengths', { contentLength: false }],
    ['lines that end with LF alone, no length', { lineEnd: '\n', contentLength: false }],
    ['a boundary that has its dashes in the header already', { contentType: 'multipart/x-mixed-replace;boundary=--frame' }],
    ['a quoted boundary', { contentType: 'multipart/x-mixed-replace; boundary="frame"' }],
    ['a boundary that is another one', { contentType: 'multipart/x-mixed-replace; boundary=other', contentLength: false }],
    ['no boundary at all', { contentType: 'multipart/x-mixed-replace', boundary: '' }],
    ['as a web page', { contentType: 'text/html' }],
    ['as a JPEG, its parts as text', { contentType: 'image/jpeg', partType: 'text/plain' }],
  ])('%s', async (_name, form) => {
    await using camera = await HttpCamera.open({ pictures, form });
    const stop = new AbortController();
    const came: number[] = [];
    const onJpeg = ({ jpeg }: HeldJpeg): void => void came.push(pictures.findIndex((each) => each.equals(jpeg)));
    const opened = await openHttpSource(camera.url('/mjpeg'), { ffmpeg: await testFfmpeg(), signal: stop.signal, onJpeg });
    expect(opened).toMatchObject({ input: { kind: 'jpegs' }, picture: { codec: 'mjpeg', ...size, pixelFormat: 'yuvj420p' } });
    await until(() => `pictures; there were ${came.length}`, () => came.length >= 8);
    expect(came).toEqual(came.map((_, index) => index));
    expect(camera.connections.total).toBe(1);
    stop.abort();
    await until('the end of the connection', () => camera.connections.now === 0);
  }, 60_000);
});

test.concurrent('pictures are shown one after the other, at once, with the time and at the rate that they came', async () => {
  await using it = await openHttpCamera({ pictures });
  await it.until(() => it.units.length >= 100);
  const pace = await machinePace();
  expect(it.camera.main.measure()?.fps).toBeGreaterThan(8.5 / pace);
  expect(it.camera.main.measure()?.fps).toBeLessThan(11.5);
  const seen = await numbersIn(it.units, size);
  const steps = stepsBetween(seen, pictures.length);
  expect(steps).not.toContain(NaN);
  expect(steps.filter((step) => step === 1).length).toBeGreaterThan((steps.length * 0.8) / pace); // A busy machine leaves some out.
  expect(it.camera.main.packets.format).toMatchObject({ codec: 'h264', ...size, reorders: false });
  const times = seen.map((number = -1, index) => ({ timeMs: it.units[index]?.timeMs ?? NaN, arrivalMs: it.units[index]?.arrivalMs ?? NaN, sentMs: it.simulated.sentAt(number) ?? NaN })).slice(-30);
  const offMs = times.map(({ timeMs, sentMs }) => timeMs - sentMs).sort((a, b) => a - b);
  const usualMs = offMs[offMs.length >> 1] ?? NaN;
  // How long FFmpeg took to start is made up for by some ms a picture.
  expect(Math.abs(usualMs)).toBeLessThan(1_000 * pace);
  expect(offMs.filter((ms) => Math.abs(ms - usualMs) > 60 * pace).length).toBeLessThan(offMs.length * 0.2);
  const latencies = times.map(({ arrivalMs, sentMs }) => arrivalMs - sentMs).sort((a, b) => a - b);
  // FFmpeg gives a picture out with the next one, which comes 100 ms later.
  expect(latencies[latencies.length >> 1]).toBeLessThan(400 * pace);
}, 60_000);

test.concurrent.each(['yuvj422p', 'yuvj444p'] as const)('pictures in %s become what everybody can show', async (pixelFormat) => {
  await using it = await openHttpCamera({ pictures: await makeJpegs({ ...size, pixelFormat, count: 10 }) });
  await it.until(() => it.units.length >= 12);
  expect(it.camera.main.packets.format).toMatchObject({ codec: 'h264', profile: 'High', fullRange: false });
  expect(stepsBetween(await numbersIn(it.units, size), 10)).not.toContain(NaN);
}, 60_000);

test.concurrent('broken pictures in between are left out, and nothing else', async () => {
  const faults = [(jpeg: Buffer) => jpeg.subarray(0, jpeg.length >> 1), () => Buffer.from('<html>busy</html>'), (jpeg: Buffer) => withoutSegment(jpeg, 0xc0)];
  const broken = pictures.map((jpeg, index) => faults[(index % 5) - 1]?.(jpeg) ?? jpeg);
  await using it = await openHttpCamera({ pictures: broken });
  await it.until(() => it.units.length >= 16);
  const seen = await numbersIn(it.units, size);
  expect(new Set(seen.map((number = NaN) => number % 5))).toEqual(new Set([0, 4]));
  expect(it.camera.main.connections).toBe(1);
}, 60_000);

test.concurrent('pictures without their Huffman tables are shown, and can be shown by anybody', async () => {
  const bare = pictures.map((jpeg) => withoutSegment(jpeg, 0xc4));
  await using it = await openHttpCamera({ pictures: bare });
  await it.until(() => it.units.length >= 5);
  const { jpeg = Buffer.alloc(0) } = it.camera.main.jpegs.held ?? {};
  const { data, width, height } = decode(jpeg, { useTArray: true });
  const luma = Buffer.from(Array.from({ length: width * height }, (_, index) => data[index * 4 + 1] ?? 0));
  expect(readMarks(luma, width, height)?.counter).toBeDefined();
  expect(() => decode(bare[0] ?? jpeg, { useTArray: true })).toThrow();
}, 60_000);

test.concurrent('when the camera changes its size it is begun anew, and goes on in the new size', async () => {
  await using it = await openHttpCamera({ pictures });
  await it.until(() => it.units.length >= 10);
  it.simulated.pictures = await makeJpegs({ width: 320, height: 240, count: 10 });
  await it.until(() => it.units.at(-1)?.format.width === 320);
  expect(it.log.join('\n')).toContain('[camera-picture-changed]');
  expect(it.camera.main.packets.format).toMatchObject({ width: 320, height: 240 });
  await it.until(() => it.problem() === undefined);
}, 60_000);

test.concurrent('the camera comes back after a break, its newest JPEG with it', async () => {
  await using it = await openHttpCamera({ pictures });
  await it.until(() => it.units.length >= 10);
  const { port } = it.simulated;
  await it.simulated.stop();
  await it.until(() => it.problem() === 'camera-unreachable');
  expect(it.camera.main.jpegs.held).toBeUndefined();
  const before = it.units.length;
  await it.simulated.listen(port);
  await it.until(() => it.units.length >= before + 10);
  expect(it.camera.main.jpegs.held).toBeDefined();
  expect(it.camera.main.reconnects.total).toBe(1);
}, 60_000);

test.concurrent('a certificate that signed itself is taken', async () => {
  await using it = await openHttpCamera({ pictures, encrypted: true });
  await it.until(() => it.units.length >= 5);
}, 60_000);

test.concurrent('a camera with room for one connection is asked over one, and FFmpeg has it alone', async () => {
  await using it = await openHttpCamera({ pictures, mostConnections: 1 });
  await it.until(() => it.units.length >= 10);
  expect(it.simulated.connections).toMatchObject({ total: 1 });
}, 60_000);

test.concurrent('what is no JPEG is left to FFmpeg, after the connection was closed, without a login that is not for it, and not asked for again where that worked', async () => {
  const pages = {
    '/list': (_: unknown, response: ServerResponse) => void response.writeHead(200, { 'Content-Type': 'text/plain' }).end('#EXTM3U\n'),
    '/stream': (_: unknown, response: ServerResponse) => void response.writeHead(200, { 'Content-Type': 'video/mp2t' }).write(Buffer.alloc(2_000, 0x47)),
    '/moved': (_: unknown, response: ServerResponse) => void response.writeHead(301, { Location: '/list' }).end(),
  };
  await using camera = await HttpCamera.open({ pictures, pages });
  const tools = { ffmpeg: await testFfmpeg(), signal: new AbortController().signal };
  const needs = [{ kind: 'protocol', name: 'http' }];
  const closed = (): Promise<void> => until('the end of the connection', () => camera.connections.now === 0);
  const list = await openHttpSource(camera.url('/moved', 'joe:s%40fe'), tools);
  expect(list).toEqual({ input: { kind: 'http', url: camera.url('/list', 'joe:s%40fe'), content: 'hls' }, needs });
  await closed();
  await using encrypted = await HttpCamera.open({ pictures, encrypted: true, pages: { '/open': (_, response) => void response.writeHead(302, { Location: camera.url('/list') }).end() } });
  expect(await openHttpSource(encrypted.url('/open', 'joe:s%40fe'), tools)).toEqual({ input: { kind: 'http', url: camera.url('/list'), content: 'hls' }, needs });
  await closed();
  expect(await openHttpSource(camera.url('/stream'), tools)).toEqual({ input: { kind: 'http', url: camera.url('/stream'), content: 'stream' }, needs });
  await closed();
  const asked = camera.requests.length;
  expect(await openHttpSource(camera.url('/moved'), { ...tools, before: list })).toBe(list);
  expect(camera.requests).toHaveLength(asked);
}, 60_000);

test.concurrent('a stream for FFmpeg is connected to once when it is wanted again; that it has become JPEGs is found out', async () => {
  let sendsJpegs = false;
  const live = (_: unknown, response: ServerResponse): void => {
    if (sendsJpegs) {
      response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(pictures[0]);
      return;
    }
    const player = spawn(ffmpegPath, ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=10', '-c:v', 'libx264', '-tune', 'zerolatency', '-g', '5', '-f', 'mpegts', '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
    response.writeHead(200, { 'Content-Type': 'video/mp2t' });
    player.stdout.pipe(response);
    response.on('close', () => player.kill('SIGKILL'));
  };
  await using camera = await HttpCamera.open({ pictures, pages: { '/live': live } });
  await using it = await openStream({}, { source: { kind: 'http', url: camera.url('/live') } });
  const isLive = (): Promise<void> => until(() => `a picture; ${it.problems.join('; ')}`, () => it.stream.state.kind === 'live');
  const lease = it.stream.lease({ holder: 'test', waitedFor: true });
  await isLive();
  expect(camera.requests).toHaveLength(2);
  lease[Symbol.dispose]();
  await until('its sleep', () => it.stream.state.kind === 'asleep');
  using _again = it.stream.lease({ holder: 'test', waitedFor: true });
  await isLive();
  expect(camera.requests).toHaveLength(3);
  sendsJpegs = true;
  camera.dropConnections();
  await until(() => `a JPEG; ${it.problems.join('; ')}`, () => it.stream.jpegs.held !== undefined);
  await isLive();
  expect(it.stream.taken?.mode).toBe('encode');
}, 60_000);

test.concurrent('headers as some cameras write them are understood', async () => {
  const jpeg = pictures[0] ?? Buffer.alloc(0);
  const server: Server = createServer((socket) => {
    socket.unref().on('error', () => undefined);
    socket.on('data', () => void socket.write(Buffer.concat([Buffer.from(`HTTP/1.0 200\nServer: \x01cam\nContent-Type: image/jpeg\nContent-Length: ${jpeg.length}\n\n`), jpeg])));
  });
  await new Promise<void>((resolve) => server.unref().listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await using it = await openPlugin({ source: `http://127.0.0.1:${port ?? 0}/`, pollRate: 5 });
  using _lease = it.camera.main.lease({ holder: 'test' });
  await until(() => `pictures; ${it.log.join('; ')}`, () => it.camera.main.packets.published >= 4);
}, 60_000);

describe('the newest JPEG is there without FFmpeg', () => {
  const held = (camera: Camera): Buffer | undefined => camera.main.jpegs.held?.jpeg;

  test.concurrent('as the camera sent it', async () => {
    await using it = await openHttpCamera({ pictures });
    await it.until(() => it.units.length >= 5);
    expect(pictures.findIndex((jpeg) => held(it.camera)?.equals(jpeg))).toBeGreaterThan(-1);
    expect(performance.now() - (it.camera.main.jpegs.held?.timeMs ?? NaN)).toBeLessThan(1_000);
  }, 60_000);

  test.concurrent('but not of a camera whose picture is turned', async () => {
    await using it = await openHttpCamera({ pictures }, { options: { rotate: 90 } });
    await it.until(() => it.units.length >= 5);
    expect(it.camera.main.packets.format).toMatchObject({ width: 360, height: 640 });
    expect(held(it.camera)).toBeUndefined();
  }, 60_000);
});
