import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Controller } from '../support/controller/controller.js';
import { hapCharacteristic, hapService } from '../support/controller/hap-types.js';
import { supportedRecording } from '../support/controller/recording-client.js';
import { hdsReason } from '../support/controller/recording-receiver.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { decodeJpeg } from '../support/picture.js';
import { FfmpegWatch, openClip, recordClip, sendingFor, type CheckedClip } from '../support/recorded-clip.js';
import { until } from '../support/until.js';

/** What HomeKit selects; these cameras' pictures are copied whatever that is. */
const selection = { width: 1920, height: 1080, fps: 30 } as const;
/** Longer than a clip reaches back, so that each picture of it is known. */
const small = { ...smallFootage, seconds: 20 } as const;
const names = ['Telephone', 'Ideal', 'Mute', 'Discreet'] as const;

let house: House;
let controllers: Readonly<Record<(typeof names)[number], Controller>>;

beforeAll(async () => {
  house = await House.open({
    Telephone: { camera: { main: { audio: 'pcma' } }, options: { motionDetection: 'off', saveRecordings: true } },
    Ideal: { camera: { main: { ...small, audio: 'aac32' } }, options: { motionDetection: 'off', keepWarm: true } },
    Mute: { camera: { main: small }, options: { motionDetection: 'off' } },
    Discreet: { camera: { main: { ...small, audio: 'pcma' } }, options: { motionDetection: 'off' } },
  });
  controllers = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await house.pair(name)] as const))) as typeof controllers;
  await until('the camera that is kept warm', () => house.camera('Ideal').statistics().playing.main.now === 1);
  await Promise.all(names.map((name) => controllers[name].armRecording({ ...selection, audio: name !== 'Discreet' })));
  await Promise.all(names.map((name) => sendingFor(house.camera(name), 6_500)));
}, 180_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

/** In step, all along: each flash that has sound around it has its beep. */
function expectBeeps({ flashes, facts }: CheckedClip): void {
  expect(flashes.length).toBeGreaterThanOrEqual(Math.floor(facts.fragments.at(-1)?.endSeconds ?? 0) - 2);
  expect(flashes.map(({ soundLateMs = NaN }) => Math.abs(soundLateMs) < 50)).toEqual(flashes.map(() => true));
}

const recordedSound = { codec: 'mp4a', sampleRate: 32_000, channels: 1, audioObjectType: 2 };

describe('the camera\'s own pictures', () => {
  test('begin 4 s before the request and come at once, with G.711 as AAC in step; only the sound is encoded', async () => {
    using watch = new FfmpegWatch(house.homebridge);
    const clip = await recordClip(house.camera('Telephone'), controllers.Telephone);
    expect(clip.faults).toEqual([]);
    expect(clip.format).toBe('avc1 1920x1080');
    expect(clip.firstDataMs).toBeLessThan(1_000);
    expect(clip.pastMs).toBeGreaterThanOrEqual(4_000);
    expect(clip.pastMs).toBeLessThan(6_500); // The next keyframe before that, not all there is.
    expect(Math.max(...clip.fragmentsLateMs)).toBeLessThan(1_500);
    expect(clip.facts.tracks[1]).toMatchObject(recordedSound);
    expectBeeps(clip);
    const { started } = watch;
    expect(started.map(({ args }) => args[args.indexOf('-c:a') + 1])).toEqual(['aac']);
    expect(started.flatMap(({ args }) => args.filter((arg) => /^(-vf|-c:v|libx264|0:v.*)$/.test(arg)))).toEqual([]);
  }, 60_000);

  test('with AAC-LC at 32 kHz need no process at all: the sound is the camera\'s own', async () => {
    using watch = new FfmpegWatch(house.homebridge);
    const clip = await recordClip(house.camera('Ideal'), controllers.Ideal);
    expect(clip.faults).toEqual([]);
    expect(clip.format).toBe('avc1 640x360');
    expect(clip.firstDataMs).toBeLessThan(1_000);
    expect(clip.pastMs).toBeGreaterThanOrEqual(4_000);
    expect(clip.facts.tracks[1]).toMatchObject(recordedSound);
    expectBeeps(clip);
    const sizes = new Set(house.camera('Ideal').footage().audio?.frames.map(({ length }) => length));
    expect(clip.facts.fragments.flatMap(({ runs }) => runs[1]?.sizes.slice(1, -1) ?? []).filter((size) => !sizes.has(size))).toEqual([]);
    expect(watch.started).toEqual([]);
  }, 60_000);

  test('of a camera without a microphone get a silent track where sound is wanted, without a process', async () => {
    using watch = new FfmpegWatch(house.homebridge);
    const clip = await recordClip(house.camera('Mute'), controllers.Mute);
    expect(clip.faults).toEqual([]);
    expect(clip.pastMs).toBeGreaterThanOrEqual(4_000);
    expect(clip.facts.tracks[1]).toMatchObject(recordedSound);
    expect(clip.decoded.sound?.samples.length).toBeGreaterThan(32_000 * 7);
    expect(clip.decoded.sound?.samples.every((sample) => sample === 0)).toBe(true);
    expect(watch.started).toEqual([]);
  }, 60_000);

  test('have no sound track where "Record Audio" is off', async () => {
    using watch = new FfmpegWatch(house.homebridge);
    const clip = await recordClip(house.camera('Discreet'), controllers.Discreet);
    expect(clip.faults).toEqual([]);
    expect(clip.pastMs).toBeGreaterThanOrEqual(4_000);
    expect(clip.facts.tracks.map(({ kind }) => kind)).toEqual(['video']);
    expect(watch.started).toEqual([]);
  }, 60_000);
});

test('two cameras record at once, each its own picture and sound', async () => {
  const [large, little] = await Promise.all((['Telephone', 'Ideal'] as const).map((name) => recordClip(house.camera(name), controllers[name])));
  expect([large?.faults, little?.faults]).toEqual([[], []]);
  expect([large?.format, little?.format]).toEqual(['avc1 1920x1080', 'avc1 640x360']);
  [large, little].forEach((clip) => clip && expectBeeps(clip));
}, 60_000);

describe('the home hub', () => {
  test('closes half-way: the encoder goes, what was received lies in a file if so wished, and the next recording works', async () => {
    using watch = new FfmpegWatch(house.homebridge);
    await using clip = await openClip(house.camera('Telephone'), controllers.Telephone);
    await clip.recording.fragments(1, 15_000);
    await until('an encoder', () => watch.living.length > 0);
    clip.recording.close(hdsReason.normal);
    await until('the end of the encoder', () => watch.living.length === 0, 5_000);
    await house.homebridge.waitForLog(/Telephone: recording closed \(reason 0: it has all that it wants\)/);

    const folder = join(house.homebridge.storage, 'camera-hub', 'recordings');
    const newest = async (): Promise<Buffer> => readFile(join(folder, (await readdir(folder)).sort().at(-1) ?? ''));
    const received = clip.recording.clip();
    await until('the file', async () => (await newest()).length >= received.length, 5_000);
    expect((await newest()).equals(received)).toBe(true);

    expect((await recordClip(house.camera('Telephone'), controllers.Telephone, { fragments: 1 })).faults).toEqual([]);
  }, 60_000);

  test('that closes because of a failure is mentioned once, in plain words', async () => {
    const told = () => house.homebridge.log().filter((line) => line.includes('[recording-refused]'));
    expect(told()).toEqual([]); // Reason 0 is none.
    for (const reason of [hdsReason.timeout, hdsReason.timeout]) {
      await using clip = await openClip(house.camera('Ideal'), controllers.Ideal);
      await clip.recording.fragments(1, 15_000);
      const from = house.homebridge.log().length;
      clip.recording.close(reason);
      await house.homebridge.waitForLog(/Ideal: recording closed \(reason 6/, 5_000, from);
    }
    expect(told()).toHaveLength(1);
    expect(told()[0]).toMatch(/Ideal: the home hub stopped a recording.*reason 6: it waited too long for data/);
  }, 60_000);

  test('that asks again while a recording runs is told that the camera is busy, and the first goes on', async () => {
    await using clip = await openClip(house.camera('Ideal'), controllers.Ideal);
    await clip.recording.fragments(1, 15_000);
    await using second = await controllers.Ideal.openRecording();
    expect(second.status).toBe(hdsReason.busy);
    await clip.recording.fragments(2, 15_000);
    clip.recording.close();
    expect(second.packets).toEqual([]);
    const checked = await clip.check();
    expect(checked.faults).toEqual([]);
    expectBeeps(checked);
  }, 60_000);

  test('is offered the same for ever: another offer would throw away what people have chosen', async () => {
    const { Mute: controller } = controllers;
    const characteristics = [hapCharacteristic.supportedCameraRecordingConfiguration, hapCharacteristic.supportedVideoRecordingConfiguration, hapCharacteristic.supportedAudioRecordingConfiguration];
    const offered: string[] = [];
    for (const characteristic of characteristics) {
      offered.push((await controller.getTlv(hapService.cameraRecordingManagement, characteristic)).toString('base64'));
    }
    expect(offered).toEqual([
      'AQSgDwAAAggBAAAAAAAAAAMLAQEAAgYBBKAPAAA=',
      'AXcBAQACGgEBAAAAAQEBAAABAQICAQAAAAIBAQAAAgECAwsBAoAHAgI4BAMBHgAAAwsBAoAHAgI4BAMBGAAAAwsBAoAHAgI4BAMBDwAAAwsBAgAFAgLQAgMBHgAAAwsBAgAFAgLQAgMBGAAAAwsBAgAFAgLQAgMBDw==',
      'AQ4BAQACCQEBAQIBAAMBAw==',
    ]);
    expect(await supportedRecording(controller)).toEqual({
      prebufferMs: 4000,
      eventTriggers: 1,
      fragmentMs: 4000,
      profiles: [0, 1, 2],
      levels: [0, 1, 2],
      resolutions: [1920, 1280].flatMap((width) => [30, 24, 15].map((fps) => ({ width, height: (width * 9) / 16, fps }))),
      audioCodecs: [{ codec: 0, channels: 1, sampleRates: [3] }],
    });
  });
});

describe('one connection to the camera', () => {
  test('serves a recording, a live view and snapshots at once', async () => {
    const viewer = await controllers.Ideal.fork();
    await using clip = await openClip(house.camera('Ideal'), controllers.Ideal);
    const live = await viewer.startLive({ width: 640, height: 360, fps: 30, bitrateKbps: 800 });
    const [{ jpeg }] = await Promise.all([controllers.Ideal.snapshot({ width: 640, height: 360 }), live.waitForUnits(90, 15_000), clip.recording.fragments(2, 20_000)]);
    clip.recording.close();
    await live.stop();
    expect((await clip.check()).faults).toEqual([]);
    expect((await live.decode({ ffmpegPath })).errors).toBe('');
    expect((await decodeJpeg(jpeg)).marks).toBeDefined();
  }, 60_000);

  test('was all there ever was, with and without a microphone', () => {
    const played = names.map((name) => house.camera(name).statistics().playedConnections);
    expect(played.map(({ total }) => total)).toEqual([1, 1, 1, 1]);
  });
});

test('nothing else is told: no warning, no password', () => {
  expect(house.homebridge.log().filter((line) => /\[[a-z]+-[a-z-]+\]|warn|error|rtsp:\/\/[^*]/i.test(line) && !/\[recording-refused\]|: FFmpeg: /.test(line))).toEqual([]);
});
