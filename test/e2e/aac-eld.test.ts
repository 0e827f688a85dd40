import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeHeard, shareOfTone } from '../support/camera/heard-sound.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { House, smallFootage } from '../support/house.js';
import { decodeEld } from '../support/sound/decode-eld.js';
import { gaps } from '../support/sound/gaps.js';
import { toneAt } from '../support/sound/tone.js';
import { until } from '../support/until.js';

/** An FFmpeg with libfdk_aac and its option `frame_length`; nobody may pass one on, so it is built where it is needed. */
const fdkFfmpeg = process.env.CAMERA_HUB_FDK_FFMPEG ?? '';
const there = fdkFfmpeg !== '';
const testIfThere = there ? test : test.skip;
const where = there ? '' : ' (skipped: CAMERA_HUB_FDK_FFMPEG names no FFmpeg with libfdk_aac)';

const asked = { width: 640, height: 360, fps: 30, bitrateKbps: 2_000, audioCodec: 'aac-eld', audioPacketTimeMs: 30, audioSampleRateKhz: 16 } as const;
const toneHz = 440;

let house: House;

beforeAll(async () => {
  if (there) {
    const main = { ...smallFootage, audio: 'pcma', sound: { toneHz } } as const;
    house = await House.open({ Door: { camera: { main, speaker: { formats: ['pcm_mulaw'] } }, options: { keepWarm: true, aacEld: true } } }, { platformConfig: { ffmpegPath: fdkFfmpeg } });
    await house.homebridge.waitForLog(/Door: connected/, 20_000);
  }
}, 120_000);

afterAll(async () => {
  if (there) {
    await house[Symbol.asyncDispose]();
  }
}, 30_000);

async function view(): Promise<LiveReceiver> {
  return (await house.pair('Door')).startLive(asked);
}

testIfThere(`AAC-ELD is offered after Opus${where}`, async () => {
  const offered = await (await house.pair('Door')).offeredAudio();
  expect(offered.flatMap(({ codec, sampleRatesKhz }) => sampleRatesKhz.map((khz) => `${codec} ${khz}`))).toEqual(['opus 24', 'opus 16', 'aac-eld 16']);
});

testIfThere(`a viewer that asks for AAC-ELD hears the camera: a frame of 480 samples a packet, no gap, the tone as it is${where}`, async () => {
  const live = await view();
  await until('ten seconds of sound', () => live.audio.packets().length >= 334, 20_000);
  await live.stop();
  const packets = live.audio.packets();
  expect(packets.every(({ marker }) => marker)).toBe(true);
  const steps = packets.slice(1).map(({ timestamp }, index) => (timestamp - (packets[index]?.timestamp ?? 0)) | 0);
  expect(new Set(steps)).toEqual(new Set([480]));
  expect(live.audio.statistics()).toMatchObject({ lost: 0, reordered: 0, duplicates: 0, authFailures: 0 });
  const { samples, sampleRate } = decodeEld(live.audio.takePayloads().map(({ payload }) => payload), fdkFfmpeg);
  expect(samples.length / sampleRate).toBeGreaterThan(9.9);
  const heard = toneAt(samples.subarray(sampleRate / 2), sampleRate);
  expect(heard.hz).toBeCloseTo(toneHz, 0);
  expect(heard.share).toBeGreaterThan(0.95);
  expect(gaps(samples.subarray(sampleRate / 2), sampleRate, 40)).toEqual([]);
}, 60_000);

testIfThere(`what is said in AAC-ELD comes out of the camera, beside what the view hears${where}`, async () => {
  const camera = house.camera('Door');
  const live = await view();
  await live.waitForUnits(10, 10_000);
  const before = camera.heard().length;
  using talker = await live.talker({ ffmpegPath: fdkFfmpeg, toneHz: 600, seconds: 4 });
  talker.start();
  await until('the camera plays', () => camera.heard().length > before + 100, 15_000);
  const sound = await decodeHeard(camera.heard().slice(before), fdkFfmpeg);
  expect([500, 600, 700].filter((hz) => shareOfTone(sound, hz) > 0.8)).toEqual([600]);
  const heard = live.audio.packets().length;
  await until('the view hears on', () => live.audio.packets().length > heard + 30, 10_000);
  await live.stop();
}, 60_000);
