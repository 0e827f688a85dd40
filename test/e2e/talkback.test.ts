import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeHeard, shareOfTone } from '../support/camera/heard-sound.js';
import type { SimulatedCamera } from '../support/camera/rtsp-camera.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { until } from '../support/until.js';

const iphone = { width: 640, height: 360, fps: 30, bitrateKbps: 2_000 } as const;
const main = { ...smallFootage, audio: 'pcmu' } as const;

let house: House;
/** Where what is said to the camera without a speaker of its own goes. */
const intercom = createSocket('udp4');
let intercomBytes = 0;

beforeAll(async () => {
  intercom.bind(0, '127.0.0.1');
  await once(intercom, 'listening');
  intercom.on('message', ({ length }) => (intercomBytes += length));
  house = await House.open({
    Door: { camera: { main, speaker: { formats: ['pcm_mulaw'] }, authentication: { method: 'digest', user: 'joe', password: 'p@ss' } }, options: { keepWarm: true, doorbell: true } },
    Gate: { camera: { main, speaker: { formats: ['aac'] } }, options: { keepWarm: true } },
    Busy: { camera: { main, speaker: { formats: ['pcm_alaw'], busy: true } }, options: { keepWarm: true } },
    Attic: { camera: { main }, options: { keepWarm: true } },
    Yard: { camera: { main }, options: { keepWarm: true, talkback: { target: `udp://127.0.0.1:${intercom.address().port}`, format: 'mulaw', codec: 'pcm_mulaw', arguments: ['-ar', '16000'] } } },
    Shy: { camera: { main, speaker: { formats: ['pcm_mulaw'] } }, options: { keepWarm: true, talkback: { enabled: false } } },
  });
  await house.homebridge.waitForLog(/Shy: connected/, 20_000);
}, 120_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
  intercom.close();
}, 30_000);

async function view(camera: string): Promise<LiveReceiver> {
  const live = await (await house.pair(camera)).startLive(iphone);
  await live.waitForUnits(10, 10_000);
  return live;
}

/** The frequency that is nearly all of what came since. */
async function toneHeard(camera: SimulatedCamera, from: number, tones: readonly number[]): Promise<number | undefined> {
  const sound = await decodeHeard(camera.heard().slice(from), ffmpegPath);
  return tones.find((hz) => shareOfTone(sound, hz) > 0.8);
}

test('a microphone button is offered where the camera has a speaker or is given one, and nowhere else', async () => {
  const offered = await Promise.all(['Door', 'Gate', 'Yard', 'Attic', 'Shy'].map(async (name) => [name, await (await house.pair(name)).speaker.exists()] as const));
  expect(Object.fromEntries(offered)).toEqual({ Door: true, Gate: true, Yard: true, Attic: false, Shy: false });
});

test('what is said comes out of the camera, soon and as it was; the session ends after it, and the picture is not touched', async () => {
  const camera = house.camera('Door');
  const live = await view('Door');
  const before = camera.heard().length;
  using talker = await live.talker({ ffmpegPath, toneHz: 600, seconds: 10 });
  talker.start();
  await until('the camera plays', () => camera.heard().length > before + 100, 10_000);
  talker.pause();
  const pausedMs = performance.now();
  expect(camera.statistics().talking.now).toBe(1);
  await until('the session ends', () => camera.statistics().talking.now === 0, 10_000);
  const endedMs = performance.now() - pausedMs;
  expect(endedMs).toBeGreaterThan(1_000);
  expect(endedMs).toBeLessThan(3_500 * (await machinePace()));
  const first = camera.heard()[before];
  expect((first?.arrivalMs ?? Infinity) - talker.startedMs).toBeLessThan(500 * (await machinePace()));
  expect(await toneHeard(camera, before, [500, 600, 700])).toBe(600);
  expect(camera.talkRequests().some(({ method }) => method === 'TEARDOWN')).toBe(true);
  expect(camera.statistics().playedConnections.total).toBe(1);
  const units = live.units().length;
  await live.waitForUnits(units + 30, 5_000);
  // Said again after a pause: another session.
  const again = camera.heard().length;
  talker.start();
  await until('the camera plays again', () => camera.heard().length > again + 60, 10_000);
  expect(await toneHeard(camera, again, [500, 600, 700])).toBe(600);
  await live.stop();
  await until('the session ends with the view', () => camera.statistics().talking.now === 0, 5_000);
}, 60_000);

test('each word comes within half a second, also through a network that loses and reorders', async () => {
  const camera = house.camera('Door');
  const live = await view('Door');
  const before = camera.heard().length;
  using talker = await live.talker({ ffmpegPath, toneHz: 600, seconds: 5, beeps: { silenceMs: 700, toneMs: 300 }, loseEvery: 17, delayEvery: 7, repeatEvery: 5 });
  talker.start();
  await until('all is said', () => talker.onsetsMs.length >= 4, 15_000);
  await sleep(700);
  await live.stop();
  const packets = camera.heard().slice(before);
  const loud = await Promise.all(packets.map(async (packet) => (await decodeHeard([packet])).samples.some((sample) => Math.abs(sample) > 2_000)));
  const loudMs = packets.filter((_, index) => loud[index]).map(({ arrivalMs }) => arrivalMs);
  const onsets = loudMs.filter((ms, index) => ms - (loudMs[index - 1] ?? -Infinity) > 300);
  const latest = talker.onsetsMs.map((ms) => Math.min(...onsets.filter((each) => each > ms).map((each) => each - ms)));
  expect(Math.max(...latest.slice(0, 3))).toBeLessThan(500 * (await machinePace()));
}, 60_000);

test('a camera that plays AAC gets that', async () => {
  const camera = house.camera('Gate');
  const live = await view('Gate');
  using talker = await live.talker({ ffmpegPath, toneHz: 600, seconds: 4 });
  talker.start();
  await until('the camera plays', () => camera.heard().length > 15, 10_000);
  expect(await toneHeard(camera, 4, [500, 600, 700])).toBe(600);
  await live.stop();
}, 40_000);

test('two viewers: the first one talks, the other cannot meanwhile, and is told of in the log; later it can', async () => {
  const camera = house.camera('Door');
  const one = await view('Door');
  const other = await view('Door');
  const before = camera.heard().length;
  using first = await one.talker({ ffmpegPath, toneHz: 600, seconds: 3 });
  using second = await other.talker({ ffmpegPath, toneHz: 900, seconds: 10 });
  first.start();
  await until('the camera plays', () => camera.heard().length > before + 20, 10_000);
  second.start();
  await house.homebridge.waitForLog(/Door: .* cannot talk now, as .* does; one at a time/, 5_000);
  expect(await toneHeard(camera, before, [600, 900])).toBe(600);
  const later = camera.heard().length;
  await until('the other one is heard', async () => (await toneHeard(camera, later + 100, [600, 900])) === 900, 10_000);
  expect(camera.statistics().talking.highest).toBe(1);
  await Promise.all([one.stop(), other.stop()]);
}, 60_000);

test('a camera that somebody else talks to: said in plain words, once, and the picture goes on', async () => {
  const live = await view('Busy');
  using talker = await live.talker({ ffmpegPath, toneHz: 600, seconds: 3 });
  talker.start();
  const line = await house.homebridge.waitForLog(/Busy: the camera refuses to be talked to/, 10_000);
  expect(line).toMatch(/453: somebody else talks to it.*Close other apps.*\[talkback-refused\]/);
  const units = live.units().length;
  await live.waitForUnits(units + 60, 5_000);
  expect(house.homebridge.log().filter((each) => /Busy:.*talkback-refused/.test(each))).toHaveLength(1);
  await live.stop();
}, 40_000);

test('what is said to a camera with a target of its own goes there, through FFmpeg, with the given arguments', async () => {
  const live = await view('Yard');
  using talker = await live.talker({ ffmpegPath, toneHz: 600, seconds: 3 });
  talker.start();
  await until('the intercom gets it', () => intercomBytes > 16_000, 10_000);
  await live.stop();
  await until('its FFmpeg ends', () => house.homebridge.ffmpegs().every(({ args }) => !args.some((each) => each.startsWith('udp://127.0.0.1'))), 10_000);
}, 40_000);

test('a speaker that is mute in the Home app plays nothing; its volume is obeyed, also while somebody talks', async () => {
  const camera = house.camera('Door');
  const controller = await house.pair('Door');
  const live = await view('Door');
  await controller.speaker.mute(true);
  using talker = await live.talker({ ffmpegPath, toneHz: 600, seconds: 12 });
  const before = camera.heard().length;
  talker.start();
  await sleep(1_000);
  expect(camera.heard()).toHaveLength(before);
  await controller.speaker.mute(false);
  await until('the camera plays', () => camera.heard().length > before + 40, 10_000);
  const loudness = async (from: number): Promise<number> => (await decodeHeard(camera.heard().slice(from))).samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  const loud = await loudness(before);
  await controller.speaker.setVolume(10);
  await sleep(1_500);
  const softer = camera.heard().length;
  await until('the camera plays on', () => camera.heard().length > softer + 30, 10_000);
  expect(await loudness(softer)).toBeLessThan(loud / 5);
  await controller.speaker.setVolume(100);
  await live.stop();
}, 60_000);

test('a camera that is away at the next start can be talked to all the same, as that is remembered; what is mute stays mute', async () => {
  const before = await house.pair('Door');
  await before.microphone.mute(true);
  await house.camera('Door').stop();
  await house.restart();
  const controller = await house.pair('Door');
  expect([await controller.speaker.exists(), await controller.speaker.isMuted(), await controller.microphone.isMuted()]).toEqual([true, false, true]);
}, 90_000);
