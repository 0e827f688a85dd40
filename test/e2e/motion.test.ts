import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { House } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { FfmpegWatch, openClip } from '../support/recorded-clip.js';
import { median, quietFootage, watchingOptions, WatchedScene, type WitnessedChange } from '../support/watched-scene.js';
import { until } from '../support/until.js';

const selection = { width: 1920, height: 1080, fps: 30, audio: false } as const;
/** What HomeKit may wait for, beyond what the camera lets nobody see earlier. */
const reportedWithinMs = 1_000;
const yardKeyframeMs = 2_000;
/** A detector has seen enough of the scene by then. */
const learningMs = 6_000;
const quietMs = 8_000;
const timeoutMs = watchingOptions.motionTimeout * 1_000;
/** A decoder is an FFmpeg that is connected to no camera and makes no JPEG. */
const isDecoder = ({ args }: { readonly args: readonly string[] }): boolean => !args.some((arg) => arg.startsWith('rtsp://') || arg === 'image2pipe');
/** Said of the one camera here of which all large pictures have to be decoded. */
const advice = /second,? .*stream|smaller stream/i;

let house: House;
let gate: WatchedScene;
let yard: WatchedScene;
let attic: WatchedScene;

beforeAll(async () => {
  house = await House.open({
    Gate: { camera: { main: quietFootage, sub: { ...quietFootage, width: 320, height: 180, bitrateKbps: 300 } }, options: watchingOptions },
    Yard: { camera: { main: { ...quietFootage, keyframeSeconds: yardKeyframeMs / 1_000 } }, options: watchingOptions },
    Attic: { camera: { main: quietFootage }, options: { ...watchingOptions, motionDetection: 'auto', keepWarm: true } },
    Barn: { camera: { main: { ...quietFootage, keyframeSeconds: 4 } }, options: watchingOptions },
  });
  const follow = async (name: string, stream: 'main' | 'sub'): Promise<WatchedScene> => WatchedScene.follow(house.camera(name), await house.pair(name), stream);
  [gate, yard, attic] = await Promise.all([follow('Gate', 'sub'), follow('Yard', 'main'), follow('Attic', 'main')]);
  await gate.controller.armRecording(selection);
  const watched = (): boolean => gate.camera.statistics().playing.sub.now === 1 && yard.camera.statistics().playing.main.now === 1;
  await until('cameras that are looked at', watched, 15_000);
  await sleep(learningMs);
}, 180_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

test.concurrent('while nothing moves, nothing is reported', async () => {
  const before = [gate.motion.count, yard.motion.count];
  await sleep(quietMs);
  expect([gate.motion.count, yard.motion.count]).toEqual(before);
  expect([gate.motion.values.at(-1) ?? false, yard.motion.values.at(-1) ?? false].map(Boolean)).toEqual([false, false]);
}, 20_000);

test.concurrent('a camera that looks by itself only for recordings decodes nothing and sees nothing, until recording is switched on', async () => {
  await house.homebridge.waitForLog(advice, 15_000); // The last of the other cameras has its decoder now.
  await sleep(1_000);
  using watch = new FfmpegWatch(house.homebridge);
  expect(attic.camera.statistics().playing.main.now).toBe(1);
  await attic.camera.show('walker');
  await sleep(2_000);
  await attic.camera.show('still');
  expect(attic.motion.values).toEqual([]);
  expect(watch.started.filter(isDecoder)).toEqual([]);

  await attic.controller.armRecording(selection);
  await until('a decoder', () => watch.living.some(isDecoder), 5_000);
  await sleep(learningMs);
  const { afterMs } = await attic.change('walker', 15_000);
  expect(afterMs).toBeLessThan(2_500 * (await machinePace()));
  await attic.controller.disarmRecording();
  await until('the end of the decoder', () => !watch.living.some(isDecoder), 15_000);
}, 40_000);

const rounds = 3;

/** Comes, stays for a moment, goes, and is no longer reported. */
async function round(scene: WatchedScene, changes: WitnessedChange[], whileThere: (change: WitnessedChange) => Promise<void> = () => sleep(200)): Promise<void> {
  const change = await scene.change('walker', 20_000);
  changes.push(change);
  await whileThere(change);
  const gone = await scene.change('still', timeoutMs + 10_000);
  const { keyframeSeconds } = scene.camera.footage().settings;
  // From the last picture with him in it that was looked at.
  expect(gone.afterMs).toBeGreaterThan(timeoutMs - keyframeSeconds * 1_000 - 500);
  expect(gone.afterMs).toBeLessThan(timeoutMs + 2_500);
}

test.concurrent('somebody who comes is reported, and shown in the picture of the notification and in the recording, which begins before', async () => {
  const changes: WitnessedChange[] = [];
  await sleep(quietMs);
  await round(gate, changes, async ({ first }) => {
    const recording = openClip(gate.camera, await gate.controller.fork());
    const pace = await machinePace();
    const early = await gate.snapshotCounter(1);
    await using clip = await recording;
    await clip.recording.fragments(1, 15_000);
    clip.recording.close();
    await sleep(3_000);
    const late = await gate.snapshotCounter(1);
    const present = await gate.snapshotCounter(0);
    for (const shown of [early, late]) {
      const laterMs = -gate.msBefore(first, shown ?? NaN);
      expect(laterMs).toBeGreaterThanOrEqual(0);
      expect(laterMs).toBeLessThanOrEqual(1_000 * pace);
    }
    expect(gate.msBefore({ counter: gate.camera.counterNow(), sentMs: performance.now() }, present ?? NaN)).toBeLessThan(2_000);
    const { faults, decoded } = await clip.check();
    expect(faults).toEqual([]);
    expect(gate.msBefore(first, decoded.pictures[0]?.marks?.counter ?? NaN)).toBeGreaterThanOrEqual(2_000);
  });
  for (let again = 1; again < rounds; again += 1) {
    await round(gate, changes);
  }
  expect(gate.motion.values.map(Number)).toEqual(Array.from({ length: rounds }, () => [1, 0]).flat());
  const latencies = changes.map(({ afterMs }) => Math.round(afterMs));
  console.info(`Every picture looked at: motion is reported after ${median(latencies)} ms (${latencies.join(', ')})`);
  // Who comes again soon, to where others were just now, is watched for longer; how long, the bench measures.
  expect(latencies[0]).toBeLessThan(2 * reportedWithinMs * (await machinePace()));
}, 150_000);

test.concurrent('somebody who comes is reported at the next keyframe where only those are looked at', async () => {
  const changes: WitnessedChange[] = [];
  await sleep(quietMs);
  for (let number = 0; number < rounds; number += 1) {
    await round(yard, changes);
  }
  expect(yard.motion.values.map(Number)).toEqual(Array.from({ length: rounds }, () => [1, 0]).flat());
  const latencies = changes.map(({ afterMs }) => Math.round(afterMs));
  console.info(`Keyframes every ${yardKeyframeMs} ms looked at: motion is reported after ${median(latencies)} ms (${latencies.join(', ')})`);
  expect(Math.max(...latencies)).toBeLessThan(yardKeyframeMs + reportedWithinMs * (await machinePace()));
}, 90_000);

test('all of it takes one connection per stream', () => {
  const { playedConnections, playing } = gate.camera.statistics();
  expect({ played: playedConnections.total, main: playing.main.total, sub: playing.sub.total }).toEqual({ played: 2, main: 1, sub: 1 });
  expect(yard.camera.statistics().playedConnections.total).toBe(1);
  expect(attic.camera.statistics().playedConnections.total).toBe(1);
  expect(house.camera('Barn').statistics().playedConnections.total).toBe(1);
});

test('only the owner of a camera whose pictures must all be decoded is told, once, what a second stream would save', () => {
  const told = house.homebridge.log().filter((line) => advice.test(line));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('Barn: ');
});
