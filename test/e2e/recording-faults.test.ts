import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Controller } from '../support/controller/controller.js';
import { House, smallFootage } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { openClip, recordClip, sendingFor, type CheckedClip, type OpenClip } from '../support/recorded-clip.js';

/** Longer than a clip reaches back, so that each picture of it is known. */
const small = { ...smallFootage, seconds: 20, audio: 'pcma' } as const;
const selection = { width: 1280, height: 720, fps: 30 } as const;
const names = ['Gone', 'Frozen', 'Silent', 'Falling Silent', 'Late', 'Late Ideal'] as const;
const enoughPastMs = 6_500;

let house: House;
const controllers = new Map<string, Controller>();

beforeAll(async () => {
  house = await House.open({
    Gone: { camera: { main: small } },
    Frozen: { camera: { main: small } },
    Silent: { camera: { main: small } },
    'Falling Silent': { camera: { main: small } },
    // Each is armed in its test, so that the sound begins in the middle of the recording.
    Late: { camera: { main: small, microphoneStartsAfterMs: enoughPastMs + 3_000 } },
    'Late Ideal': { camera: { main: { ...small, audio: 'aac32' }, microphoneStartsAfterMs: enoughPastMs + 3_000 } },
  });
  house.camera('Silent').muteMicrophone();
  for (const name of names) {
    const controller = await house.pair(name);
    controllers.set(name, controller);
  }
  await Promise.all(names.filter((name) => !name.startsWith('Late')).map((name) => controllerOf(name).armRecording(selection)));
}, 180_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

function controllerOf(name: (typeof names)[number]): Controller {
  const controller = controllers.get(name);
  if (!controller) {
    throw new Error(`${name} is not paired.`);
  }
  return controller;
}

async function open(name: (typeof names)[number]): Promise<OpenClip> {
  await sendingFor(house.camera(name), enoughPastMs);
  return openClip(house.camera(name), controllerOf(name));
}

async function expectNextRecordingWorks(name: (typeof names)[number]): Promise<void> {
  await sendingFor(house.camera(name), enoughPastMs);
  const next = await recordClip(house.camera(name), controllerOf(name));
  expect(next.faults).toEqual([]);
  expect(next.pastMs).toBeGreaterThanOrEqual(4_000);
  expectBeeps(next, () => true);
}

/** Whether each flash has its beep, by when it is seen; which ones are in step is among the faults. */
function expectBeeps({ flashes }: CheckedClip, heard: (flashSeconds: number) => boolean): void {
  expect(flashes.length).toBeGreaterThanOrEqual(5);
  expect(flashes.map(({ flashSeconds, beepSeconds }) => [flashSeconds, beepSeconds !== undefined])).toEqual(flashes.map(({ flashSeconds }) => [flashSeconds, heard(flashSeconds)]));
}

/** The picture is not held up: each fragment comes soon after its end was filmed. */
async function expectInTime({ fragmentsLateMs }: CheckedClip): Promise<void> {
  expect(fragmentsLateMs.length).toBeGreaterThanOrEqual(1);
  expect(Math.max(...fragmentsLateMs)).toBeLessThan(1_500 * (await machinePace()));
}

describe('a recording ends as it should, with what there is,', () => {
  test.concurrent('when the camera goes away; the next one works', async () => {
    const camera = house.camera('Gone');
    await using clip = await open('Gone');
    await clip.recording.fragments(2, 20_000);
    await camera.stop();
    const goneMs = performance.now();
    expect(await clip.recording.ended(10_000)).toEqual({ by: 'endOfStream' });
    expect(performance.now() - goneMs).toBeLessThan(7_500);
    const last = clip.recording.packets.at(-1);
    expect(last).toMatchObject({ kind: 'mediaFragment', isLast: true });
    clip.recording.acknowledge();
    const checked = await clip.check();
    expect(checked.faults).toEqual([]);
    expect(checked.facts.fragments).toHaveLength(3);
    expect(house.homebridge.log().filter((line) => line.includes('Gone: a recording ended early'))).toHaveLength(1);
    await camera.start();
    await expectNextRecordingWorks('Gone');
  }, 90_000);

  test.concurrent('when the camera freezes; the next one works', async () => {
    const camera = house.camera('Frozen');
    await using clip = await open('Frozen');
    await clip.recording.fragments(2, 20_000);
    camera.freeze();
    const frozenMs = performance.now();
    expect(await clip.recording.ended(15_000)).toEqual({ by: 'endOfStream' });
    expect(performance.now() - frozenMs).toBeLessThan(7_500);
    expect(clip.recording.packets.at(-1)).toMatchObject({ kind: 'mediaFragment', isLast: true });
    clip.recording.acknowledge();
    const checked = await clip.check();
    expect(checked.faults).toEqual([]);
    expect(checked.facts.fragments).toHaveLength(3);
    expect(house.homebridge.log().filter((line) => line.includes('Frozen: a recording ended early'))).toHaveLength(1);
    camera.thaw();
    await expectNextRecordingWorks('Frozen');
  }, 90_000);
});

describe('a microphone never holds up the picture', () => {
  test.concurrent('that is announced and sends nothing at all', async () => {
    await using clip = await open('Silent');
    await clip.recording.fragments(3, 20_000);
    clip.recording.close();
    const checked = await clip.check();
    expect(checked.faults).toEqual([]);
    expect(checked.firstDataMs).toBeLessThan(1_000);
    expect(checked.pastMs).toBeGreaterThanOrEqual(4_000);
    await expectInTime(checked);
    expect(checked.facts.tracks.map(({ kind }) => kind)).toEqual(['video', 'audio']);
    expect(checked.decoded.sound?.samples.every((sample) => Math.abs(sample) < 10)).toBe(true);
  }, 60_000);

  test.concurrent('that falls silent in the middle', async () => {
    await using clip = await open('Falling Silent');
    await clip.recording.fragments(2, 20_000);
    house.camera('Falling Silent').muteMicrophone();
    await clip.recording.fragments(4, 30_000);
    clip.recording.close();
    const checked = await clip.check();
    expect(checked.faults).toEqual([]);
    await expectInTime(checked);
    // When it was muted, in the clip's time: with the end of the second fragment, to within how late that came.
    const mutedSeconds = checked.facts.fragments[1]?.endSeconds ?? NaN;
    const clear = { ...checked, flashes: checked.flashes.filter(({ flashSeconds }) => Math.abs(flashSeconds - mutedSeconds) > 1.5) };
    expectBeeps(clear, (seconds) => seconds < mutedSeconds);

    house.camera('Falling Silent').unmuteMicrophone();
    await expectNextRecordingWorks('Falling Silent');
  }, 60_000);

  test.concurrent.each(['Late', 'Late Ideal'] as const)('that begins later than the recording: %s', async (name) => {
    await controllerOf(name).armRecording(selection);
    await using clip = await open(name);
    await clip.recording.fragments(4, 30_000);
    clip.recording.close();
    const checked = await clip.check();
    expect(checked.faults).toEqual([]);
    await expectInTime(checked);
    const heard = checked.flashes.filter(({ beepSeconds }) => beepSeconds !== undefined);
    const begins = heard[0]?.flashSeconds ?? NaN;
    expect(checked.flashes.length - heard.length).toBeGreaterThanOrEqual(2);
    expect(heard.length).toBeGreaterThanOrEqual(3);
    expectBeeps(checked, (seconds) => seconds >= begins);
  }, 60_000);
});
