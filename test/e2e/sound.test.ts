import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LiveOptions, LiveReceiver } from '../support/controller/live-receiver.js';
import { lipOffsetsMs } from '../support/controller/lip-sync.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { gaps } from '../support/sound/gaps.js';
import { toneAt } from '../support/sound/tone.js';
import { until } from '../support/until.js';

const iphone = { width: 640, height: 360, fps: 30, bitrateKbps: 2_000 } as const;
const toneHz = 440;

let house: House;

beforeAll(async () => {
  house = await House.open({
    Tone: { camera: { main: { ...smallFootage, audio: 'pcma', sound: { toneHz } } }, options: { keepWarm: true } },
    Beeps: { camera: { main: { ...smallFootage, audio: 'aac' } }, options: { keepWarm: true } },
    Mute: { camera: { main: smallFootage } },
    Moody: { camera: { main: { ...smallFootage, audio: 'pcmu', sound: { toneHz } } }, options: { keepWarm: true } },
    'Sub only': { camera: { main: smallFootage, sub: { ...smallFootage, width: 320, height: 180, audio: 'pcmu', sound: { toneHz } } }, options: {} },
    Late: { camera: { main: { ...smallFootage, audio: 'pcmu' }, microphoneStartsAfterMs: 4_000 } },
    Off: { camera: { main: { ...smallFootage, audio: 'pcmu' } }, options: { keepWarm: true, audio: false } },
    Loud: { camera: { main: { ...smallFootage, audio: 'pcma', sound: { toneHz } } }, options: { keepWarm: true, audioGain: -20, noiseFilter: true } },
  });
  await house.homebridge.waitForLog(/Moody: connected/, 20_000);
}, 120_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

async function view(camera: string, options: Partial<LiveOptions> = {}): Promise<LiveReceiver> {
  return (await house.pair(camera)).startLive({ ...iphone, ...options });
}

/** The loudest sample. */
function peak(samples: Int16Array): number {
  return samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
}

test('Opus at 16 and 24 kHz is offered, as every Apple device takes it; a microphone, and no speaker where there is none', async () => {
  const controller = await house.pair('Tone');
  expect((await controller.offeredAudio()).flatMap(({ codec, sampleRatesKhz }) => sampleRatesKhz.map((khz) => `${codec} ${khz}`)).sort()).toEqual(['opus 16', 'opus 24']);
  expect([await controller.microphone.exists(), await controller.speaker.exists()]).toEqual([true, false]);
});

describe('a viewer hears the camera, in packets of exactly the time that it asks for', () => {
  test.each([
    [20, 16, false, 3],
    [30, 24, false, 3],
    [40, 16, true, 3],
    [60, 16, false, 3],
  ] as const)('%d ms at %d kHz, constant bitrate: %s', async (audioPacketTimeMs, audioSampleRateKhz, audioConstantBitrate, seconds) => {
    const live = await view('Tone', { audioPacketTimeMs, audioSampleRateKhz, audioConstantBitrate });
    await live.heard.waitForPackets((seconds * 1000) / audioPacketTimeMs);
    await live.stop();
    const times = live.heard.packetTimes();
    expect(new Set(times.map(({ opusMs }) => opusMs))).toEqual(new Set([audioPacketTimeMs]));
    expect(new Set(times.slice(1).map(({ stepTicks }) => stepTicks))).toEqual(new Set([audioPacketTimeMs * audioSampleRateKhz]));
    const { samples, sampleRate } = await live.heard.decode({ ffmpegPath });
    const heard = toneAt(samples.subarray(sampleRate / 2), sampleRate);
    expect(heard.hz).toBeCloseTo(toneHz, 0);
    expect(heard.share).toBeGreaterThan(0.95);
    expect(live.audio.statistics()).toMatchObject({ lost: 0, reordered: 0, duplicates: 0, authFailures: 0 });
    if (audioConstantBitrate) {
      expect(new Set(live.heard.packets().map(({ bytes }) => bytes)).size).toBe(1);
    }
  }, 40_000);
});

test('for half a minute no gap is heard, and packets come evenly', async () => {
  const live = await view('Tone');
  await live.heard.waitForPackets(1_500, 45_000);
  await live.stop();
  const { samples, sampleRate, late } = await live.heard.decode({ ffmpegPath, patienceMs: 250 * (await machinePace()) });
  expect(samples.length / sampleRate).toBeGreaterThan(29.9);
  expect({ gaps: gaps(samples, sampleRate, 40), late }).toEqual({ gaps: [], late: 0 });
  // The camera's sound comes in bunches of 40 ms and more.
  const packets = live.heard.packets().slice(50);
  const apart = packets.slice(1).map(({ arrivalMs }, index) => arrivalMs - (packets[index]?.arrivalMs ?? 0));
  expect(apart.filter((ms) => ms > 10 && ms < 30).length / apart.length).toBeGreaterThan(0.9);
  // By its sender reports, sound is sent soon after it was heard: also by an encoder that has just been started.
  const sentMs = packets.map(({ arrivalMs, timestamp }) => performance.timeOrigin + arrivalMs - live.heard.wallMs(timestamp));
  expect(sentMs.toSorted((a, b) => a - b)[Math.floor(sentMs.length / 2)]).toBeLessThan(200 * (await machinePace()));
}, 90_000);

test('flash and beep are in step at the viewer', async () => {
  const live = await view('Beeps');
  await live.heard.waitForPackets(400);
  await live.stop();
  const offsets = await lipOffsetsMs(live.video, live.heard, { ffmpegPath });
  expect(offsets.length).toBeGreaterThanOrEqual(2);
  expect(offsets.filter((ms) => !(Math.abs(ms) < 80))).toEqual([]);
}, 60_000);

test('two viewers who ask for the same share one encoder, and it ends after them', async () => {
  const encoders = (): number => house.homebridge.ffmpegs().filter(({ args }) => args.includes('libopus')).length;
  await until('no encoder runs', () => encoders() === 0, 15_000);
  const lives = [await view('Tone', { audioPacketTimeMs: 20 }), await view('Tone', { audioPacketTimeMs: 60 })];
  await Promise.all(lives.map((live) => live.heard.waitForPackets(20)));
  expect(encoders()).toBe(1);
  await Promise.all(lives.map((live) => live.stop()));
  await until('the encoder ends', () => encoders() === 0, 15_000);
}, 60_000);

test('a camera without a microphone, and one whose sound is off: the view goes on in silence', async () => {
  for (const camera of ['Mute', 'Off']) {
    const live = await view(camera);
    await live.waitForUnits(60, 20_000);
    expect(live.audio.packets()).toEqual([]);
    await live.stop();
  }
  const off = await house.pair('Off');
  expect(await off.microphone.exists()).toBe(false);
}, 60_000);

test('a microphone that stalls, comes back, and sends something else after a reboot: the picture goes on, the sound follows', async () => {
  const camera = house.camera('Moody');
  const live = await view('Moody');
  await live.heard.waitForPackets(50);
  camera.muteMicrophone();
  const units = live.units().length;
  await live.waitForUnits(units + 90, 10_000);
  const stalled = live.audio.packets().length;
  camera.unmuteMicrophone();
  await live.heard.waitForPackets(stalled + 50, 10_000);
  // Missing sound is missing time: what comes after is where it belongs.
  const [last, first] = [live.heard.packets()[stalled - 1], live.heard.packets()[stalled]];
  const silentMs = (first?.arrivalMs ?? 0) - (last?.arrivalMs ?? 0);
  expect(silentMs).toBeGreaterThan(2_000);
  expect(Math.abs((((first?.timestamp ?? 0) - (last?.timestamp ?? 0)) | 0) / 24 - silentMs)).toBeLessThan(400);
  expect(first?.marker).toBe(true);
  await camera.changeMicrophone('aac');
  await house.homebridge.waitForLog(/Moody: .* is back|Moody: camera sends/, 20_000).catch(() => undefined);
  const before = live.heard.packets().length;
  await live.heard.waitForPackets(before + 150, 20_000);
  await live.waitForUnits(live.units().length + 30, 10_000);
  await live.stop();
  expect(new Set(live.heard.packetTimes().map(({ opusMs }) => opusMs)).size).toBe(1);
  const { samples, sampleRate } = await live.heard.decode({ ffmpegPath, patienceMs: 1_000 });
  expect(toneAt(samples.subarray(-sampleRate), sampleRate).hz).toBeCloseTo(toneHz, 0);
  expect(live.audio.statistics().ssrcs).toHaveLength(1);
}, 90_000);

test('a microphone that begins late is heard from then on', async () => {
  const live = await view('Late');
  await live.waitForUnits(60, 20_000);
  expect(live.audio.packets().length).toBeLessThan(20);
  await live.heard.waitForPackets(50, 20_000);
  await live.stop();
}, 60_000);

test('a viewer that cannot be sent sound to sees the picture', async () => {
  const live = await (await house.pair('Tone')).startLive({ ...iphone, audioPort: 0 });
  await live.waitForUnits(30, 10_000);
  await live.stop();
}, 40_000);

test('where only the other stream has sound, that is connected and heard', async () => {
  const live = await view('Sub only');
  await live.heard.waitForPackets(50, 15_000);
  await live.stop();
  const { samples, sampleRate } = await live.heard.decode({ ffmpegPath });
  expect(toneAt(samples.subarray(sampleRate / 2), sampleRate).hz).toBeCloseTo(toneHz, 0);
}, 40_000);

test('louder and softer: as the camera is set, and as the microphone is in the Home app; mute is silence at once, and so is a volume of 0', async () => {
  const [plain, softer] = await Promise.all([view('Tone'), view('Loud')]);
  await Promise.all([plain, softer].map((live) => live.heard.waitForPackets(100)));
  const peaks = await Promise.all([plain, softer].map(async (live) => peak((await live.heard.decode({ ffmpegPath })).samples.subarray(24_000))));
  expect((peaks[1] ?? 0) / (peaks[0] ?? 1)).toBeGreaterThan(0.05);
  expect((peaks[1] ?? 0) / (peaks[0] ?? 1)).toBeLessThan(0.2); // 20 dB are a tenth.
  await softer.stop();

  const controller = await house.pair('Tone');
  await controller.microphone.setVolume(25);
  await sleep(2_500); // It follows within a second, and a new encoder begins.
  const quiet = plain.heard.packets().length;
  await plain.heard.waitForPackets(quiet + 50);
  const { samples } = await plain.heard.decode({ ffmpegPath, patienceMs: 1_000 });
  expect(peak(samples.subarray(-24_000)) / (peaks[0] ?? 1)).toBeLessThan(0.35);
  await controller.microphone.mute(true);
  await sleep(300);
  const muted = plain.audio.packets().length;
  await sleep(1_000);
  expect(plain.audio.packets()).toHaveLength(muted);
  await controller.microphone.mute(false);
  await plain.heard.waitForPackets(plain.heard.packets().length + 20);
  await controller.microphone.setVolume(0);
  await sleep(300);
  const turnedDown = plain.audio.packets().length;
  await sleep(1_000);
  expect(plain.audio.packets()).toHaveLength(turnedDown);
  await controller.microphone.setVolume(100);
  await plain.heard.waitForPackets(plain.heard.packets().length + 20);
  await plain.stop();
}, 60_000);
