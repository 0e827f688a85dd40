import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { hapCharacteristic, hapService } from '../support/controller/hap-types.js';
import { HomeSwitch } from '../support/controller/home-switch.js';
import type { Talker } from '../support/controller/talker.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { until } from '../support/until.js';

const iphone = { width: 640, height: 360, fps: 30, bitrateKbps: 2_000 } as const;
const main = { ...smallFootage, audio: 'pcmu' } as const;
/** Sooner than a talk ends because nobody says anything any more. */
const atOnceMs = 1_500;
/** Nobody listens there. */
const target = 'rtmp://127.0.0.1:1/live/hunter3?sid=hunter4';

let house: House;

beforeAll(async () => {
  house = await House.open({
    Door: { camera: { main, speaker: { formats: ['pcm_mulaw'] }, authentication: { method: 'digest', user: 'joe', password: 'hunter2' } }, options: { keepWarm: true, privacySwitch: true } },
    Busy: { camera: { main, speaker: { formats: ['pcm_mulaw'], busy: true } }, options: { keepWarm: true } },
    Yard: { camera: { main }, options: { keepWarm: true, talkback: { target, format: 'flv', codec: 'aac', arguments: ['-ar', '44100', '-metadata', 'title=hunter5'] } } },
  });
  await house.homebridge.waitForLog(/Yard: connected/, 20_000);
}, 120_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

/** Somebody who watches, and talks for longer than a test lasts. */
async function talking(camera: string): Promise<{ readonly live: LiveReceiver; readonly talker: Talker }> {
  const live = await (await house.pair(camera)).startLive(iphone);
  await live.waitForUnits(10, 10_000);
  const talker = await live.talker({ ffmpegPath, toneHz: 600, seconds: 20 });
  talker.start();
  return { live, talker };
}

function teardowns(camera: string): number {
  return house.camera(camera).talkRequests().filter(({ method }) => method === 'TEARDOWN').length;
}

/** FFmpegs that encode what is said for a speaker. */
function talkEncoders(): number {
  return house.homebridge.ffmpegs().filter(({ args }) => args.includes('pcm_mulaw')).length;
}

const privacy = async (on: boolean): Promise<void> => (await HomeSwitch.find(await house.pair('Door'), 'Door Privacy')).turn(on);
const cameraActive = async (on: boolean): Promise<unknown> => (await house.pair('Door')).put(hapService.cameraOperatingMode, hapCharacteristic.homeKitCameraActive, on);

test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
  ['made private', () => privacy(true), () => privacy(false)],
  ['switched off in the Home app', () => cameraActive(false), () => cameraActive(true)],
])('a camera that is %s while somebody talks: the talk ends at once, in order, and nothing goes on', async (_what, off, on) => {
  const camera = house.camera('Door');
  const [heardBefore, teardownsBefore] = [camera.heard().length, teardowns('Door')];
  const { live, talker } = await talking('Door');
  using _talker = talker;
  await until('the camera plays', () => camera.heard().length > heardBefore + 20, 10_000);
  expect(talkEncoders()).toBe(1);
  await off();
  await until('the talk ends', () => camera.statistics().talking.now === 0, atOnceMs);
  await until('the picture ends', () => camera.statistics().connections.now === 0, 5_000);
  expect(teardowns('Door')).toBe(teardownsBefore + 1);
  await until('what encodes for it ends', () => talkEncoders() === 0, 5_000);
  const [heard, connections, sent] = [camera.heard().length, camera.statistics().connections.total, talker.sent];
  await sleep(1_500);
  expect(talker.sent).toBeGreaterThan(sent + 20);
  expect([camera.heard().length, camera.statistics().connections.total]).toEqual([heard, connections]);
  expect(talkEncoders()).toBe(0);
  await live.abandon();
  await on();
  await until('the camera is connected again', () => camera.statistics().connections.now > 0, 10_000);
}, 60_000);

test('a camera that refuses for another reason than before: that is told too', async () => {
  const { live, talker } = await talking('Busy');
  using _talker = talker;
  await house.homebridge.waitForLog(/Busy: the camera refuses to be talked to.*453: somebody else/, 10_000);
  await live.stop();
  house.camera('Busy').answerWith(401);
  const again = await talking('Busy');
  using _again = again.talker;
  await house.homebridge.waitForLog(/Busy: the camera refuses to be talked to.*401: the user name or password is wrong/, 10_000);
  await again.live.stop();
}, 60_000);

test('a target that cannot be reached is told of without its address', async () => {
  const { live, talker } = await talking('Yard');
  using _talker = talker;
  const line = await house.homebridge.waitForLog(/Yard: what was said could not be passed on/, 10_000);
  expect(line).toMatch(/Connection refused|Error opening output/);
  await live.stop();
}, 40_000);

test('Homebridge is stopped while somebody talks: the camera is told, and nothing is left; the log has had no secret', async () => {
  const camera = house.camera('Door');
  const [heardBefore, teardownsBefore] = [camera.heard().length, teardowns('Door')];
  const { live, talker } = await talking('Door');
  using _talker = talker;
  await until('the camera plays', () => camera.heard().length > heardBefore + 20, 10_000);
  const stopping = house.homebridge.stop({ keepStorage: true });
  await until('the talk ends', () => camera.statistics().talking.now === 0, atOnceMs);
  expect(teardowns('Door')).toBe(teardownsBefore + 1);
  expect(await stopping).toMatchObject({ forced: false });
  expect(house.homebridge.processes()).toEqual([]);
  await until('no connection is left', () => camera.statistics().connections.now === 0, 5_000);
  await live.abandon();
  const log = house.homebridge.log();
  expect(log.filter((line) => /Door:.*talk|Yard: FFmpeg/.test(line)).length).toBeGreaterThan(2); // It was on "debug".
  expect(log.filter((line) => /hunter|joe/.test(line))).toEqual([]);
}, 60_000);
