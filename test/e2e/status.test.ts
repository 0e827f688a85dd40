import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { HouseStatus } from '../../src/web/house-status.js';
import type { Controller } from '../support/controller/controller.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { freeTcpPort } from '../support/homebridge/storage.js';
import { House, smallFootage } from '../support/house.js';

const token = 'not-to-be-seen-anywhere';
const authentication = { method: 'digest', user: 'joe', password: 's3cret/p@ss' } as const;
const secrets = [token, authentication.user, authentication.password, encodeURIComponent(authentication.password), 'rtsp://'];
const keyframeMs = 2_000;
const fps = 30;
/** Twenty requests in ten seconds are taken. */
const askEveryMs = 1_000;
const footage = { ...smallFootage, fps, keyframeSeconds: keyframeMs / 1_000 } as const;
const copied = { width: 640, height: 360, fps, bitrateKbps: 1_000 } as const;
const converted = { width: 320, height: 180, fps, bitrateKbps: 150 } as const;

let house: House;
let port: number;
let controller: Controller;
let live: readonly [copied: LiveReceiver, converted: LiveReceiver];

beforeAll(async () => {
  port = await freeTcpPort();
  house = await House.open({ 'Front Door': { camera: { main: footage, authentication }, options: { motionDetection: 'on', privacySwitch: true } } }, { platformConfig: { httpPort: port, httpToken: token } });
  controller = await house.pair('Front Door');
  await controller.armRecording({ width: 1920, height: 1080, fps, audio: false });
  live = [await controller.startLive(copied), await (await house.pair('Front Door')).startLive(converted)];
  await Promise.all(live.map((each) => each.waitForUnits(60, 15_000)));
}, 120_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

function ask(path: string, authorization: string | undefined = `Bearer ${token}`): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { headers: authorization === '' ? {} : { authorization } });
}

/** Waits where it is told to: the tests together may ask more often than one client should. */
async function status(): Promise<HouseStatus> {
  for (;;) {
    const answer = await ask('/status');
    if (answer.status !== 429) {
      return (await answer.json()) as HouseStatus;
    }
    await sleep(Number(answer.headers.get('retry-after')) * 1_000);
  }
}

async function camera(): Promise<HouseStatus['cameras'][number]> {
  const [first] = (await status()).cameras;
  return first ?? fail('no camera');
}

function fail(message: string): never {
  throw new Error(message);
}

/** Looks at the camera until this holds. Not more often than anybody may ask. */
async function until(what: string, holds: (status: HouseStatus['cameras'][number]) => boolean, timeoutMs: number): Promise<HouseStatus['cameras'][number]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await camera();
    if (holds(seen)) {
      return seen;
    }
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs} ms: ${JSON.stringify(seen)}`);
    }
    await sleep(askEveryMs);
  }
}

/** Looks up the value of a sample in what Prometheus gets; undefined where there is no such line. */
function valuesOf(text: string): (sample: string) => number | undefined {
  const values = new Map(text.split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
  return (sample) => values.get(`camera_hub_${sample}`);
}

test('what runs is told as it is: the stream as measured, a copied and a converted view and why, motion, recording, and what each costs', async () => {
  await until('two GOPs are measured', ({ streams }) => (streams[0]?.ringReachMs ?? 0) > 2 * keyframeMs, 15_000);
  await until('the encoder is measured', ({ resources }) => (resources?.ffmpegs.find(({ role }) => role === 'encode')?.cpuPercent ?? 0) > 0, 10_000);
  await until('motion is looked for', ({ motion }) => (motion.cost?.pictures ?? 0) > 0, 10_000);
  const { version, ffmpeg, uptimeSeconds, resources, cameras } = await status();
  expect({ version, ffmpeg }).toEqual({ version: expect.stringMatching(/^\d+\./), ffmpeg: { path: expect.any(String), version: expect.any(String), origin: 'the option "ffmpegPath"' } });
  expect(uptimeSeconds).toBeGreaterThan(3);
  expect(resources.machine?.percent).toBeGreaterThan(0);
  expect(resources).toMatchObject({ transcodes: 1, limited: [] });
  expect(resources.process.memoryMiB).toBeGreaterThan(40);

  const [door] = cameras;
  expect(door).toMatchObject({ camera: 'Front Door', online: true, private: false, recording: { armed: true, running: [] }, motion: { on: true, moving: expect.any(Boolean) } });
  const [stream] = door?.streams ?? [];
  expect(stream).toMatchObject({ name: 'main', state: 'live', connections: 1, reconnectsLastHour: 0, encoders: { failures: 0 }, picture: { codec: 'h264', width: footage.width, height: footage.height, bFrames: false } });
  expect(stream).not.toHaveProperty('away');
  expect(stream?.leases).toEqual(expect.arrayContaining(['recording armed', 'live view', 'decoder']));
  expect(Math.abs((stream?.picture?.fps ?? NaN) - fps)).toBeLessThan(fps / 10);
  expect(Math.abs((stream?.picture?.keyframeIntervalMs ?? NaN) - keyframeMs)).toBeLessThan(keyframeMs / 10);
  expect(stream?.picture?.bitrateKbps).toBeGreaterThan(100);

  expect(door?.views).toHaveLength(2);
  expect(door?.views[0]).toMatchObject({ viewer: '127.0.0.1', state: 'streaming', dropped: 0, shown: { mode: 'copy', stream: 'main', because: expect.stringContaining('as it is'), picture: { width: 640, height: 360 } } });
  expect(door?.views[1]).toMatchObject({ state: 'streaming', shown: { mode: 'transcode', because: expect.stringContaining('640 wide is more than the 320 that are asked for'), picture: { width: 320, height: 180 } } });
  expect(door?.views.every(({ packets, forSeconds }) => packets > 60 && forSeconds > 1)).toBe(true);

  const roles = door?.resources?.ffmpegs.map(({ role }) => role);
  expect(roles).toEqual(expect.arrayContaining(['ingest', 'decode', 'encode']));
  expect(door?.resources?.memoryMiB).toBeGreaterThan(10);
  const costs = door?.resources?.ffmpegs.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0) ?? NaN;
  expect(Math.abs((door?.cost.cpuPercent ?? NaN) - costs - (door?.motion.cost?.cpuPercent ?? NaN))).toBeLessThan(2);
}, 30_000);

test('Prometheus reads the same, and nobody reads it without the token', async () => {
  const answers = await Promise.all(['/status', '/metrics'].map((path) => ask(path)));
  expect(answers.map(({ status: code, headers }) => [code, headers.get('content-type')])).toEqual([[200, 'application/json; charset=utf-8'], [200, 'text/plain; version=0.0.4; charset=utf-8']]);
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  for (const secret of secrets) {
    expect(bodies.filter((body) => body.includes(secret))).toEqual([]);
  }
  const metric = valuesOf(bodies[1] ?? '');
  expect(metric('camera_live_views{camera="Front Door",mode="copy"}')).toBe(1);
  expect(metric('camera_live_views{camera="Front Door",mode="transcode"}')).toBe(1);
  expect(metric('camera_recording_armed{camera="Front Door"}')).toBe(1);
  expect(metric('stream_live{camera="Front Door",stream="main"}')).toBe(1);
  expect(metric('stream_height_pixels{camera="Front Door",stream="main"}')).toBe(footage.height);
  expect(metric('ffmpeg_cpu_ratio{camera="Front Door",stream="main",role="encode"}')).toBeGreaterThan(0);
  for (const path of ['/status', '/metrics']) {
    const refused = [await ask(path, ''), await ask(path, 'Bearer wrong')];
    expect(refused.map(({ status: code }) => code)).toEqual([401, 401]);
    expect(await Promise.all(refused.map((each) => each.text()))).toEqual(Array(2).fill('{"ok":false,"error":"The token is wrong or missing."}\n'));
  }
}, 15_000);

test('a connection that is lost is told while it is, and counted when it is back', async () => {
  const ingest = house.homebridge.ffmpegs().find(({ args }) => args.some((arg) => arg.startsWith('rtsp://'))) ?? fail('no connection');
  process.kill(ingest.pid, 'SIGKILL');
  await house.camera('Front Door').stop();
  const lost = await until('the loss is told', ({ streams }) => streams[0]?.away !== undefined, 10_000);
  expect(lost.online).toBe(false);
  expect(lost.streams[0]).toMatchObject({ reconnectsLastHour: 0, picture: { width: footage.width }, away: { code: expect.stringMatching(/^camera-/), because: expect.any(String) } });
  expect(valuesOf(await (await ask('/metrics')).text())('stream_live{camera="Front Door",stream="main"}')).toBe(0);
  await house.camera('Front Door').start();
  const back = await until('it is back', ({ streams }) => streams[0]?.state === 'live', 20_000);
  expect(back.streams[0]).toMatchObject({ reconnects: 1, reconnectsLastHour: 1 });
  expect(back.streams[0]).not.toHaveProperty('away');
  expect(back.streams[0]?.connections).toBeGreaterThan(1);
  await Promise.all(live.map((each) => each.stop()));
  await until('no view is left', ({ views }) => views.length === 0, 5_000);
}, 40_000);
