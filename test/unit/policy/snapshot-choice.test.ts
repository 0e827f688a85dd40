import { expect, test } from '@jest/globals';
import { afterWaiting, chooseSnapshot, type SnapshotQuestion, type SnapshotStream } from '../../../src/policy/snapshot-choice.js';

const live = (name: 'main' | 'sub', width: number): SnapshotStream => ({ name, state: 'live', width, hasKeyframe: true, lastFailed: false });
const asleep = (name: 'main' | 'sub', width?: number): SnapshotStream => ({ name, state: 'asleep', width, hasKeyframe: false, lastFailed: false });
const starting = (name: 'main' | 'sub'): SnapshotStream => ({ name, state: 'starting', width: undefined, hasKeyframe: false, lastFailed: false });
const question = (change: Partial<SnapshotQuestion>): SnapshotQuestion => ({ width: 640, height: 360, streams: [live('main', 1920)], lastGoodMs: undefined, asleepForMs: undefined, idleTimeoutMs: 300_000, stillImage: false, ...change });

test.each<[string, Partial<SnapshotQuestion>, object]>([
  ['the running main stream', {}, { from: 'keyframe', stream: 'main' }],
  ['the smallest running stream that is large enough', { streams: [live('main', 1920), live('sub', 640)] }, { from: 'keyframe', stream: 'sub' }],
  ['the larger one where the small one is too small', { width: 1280, streams: [live('main', 1920), live('sub', 640)] }, { from: 'keyframe', stream: 'main' }],
  ['a running stream, though too small, rather than waking another', { width: 1280, streams: [asleep('main', 1920), live('sub', 640)] }, { from: 'keyframe', stream: 'sub' }],
  ['the last good picture of a camera that fell asleep a minute ago', { streams: [asleep('main')], asleepForMs: 60_000, lastGoodMs: 70_000 }, { from: 'lastGood' }],
  ['a woken camera after it slept long', { streams: [asleep('main')], asleepForMs: 301_000, lastGoodMs: 301_000 }, { from: 'wait', stream: 'main' }],
  ['a woken camera where there is no picture yet', { streams: [asleep('main')], asleepForMs: 5 }, { from: 'wait', stream: 'main' }],
  ['the fitting stream of a woken camera', { streams: [asleep('main'), asleep('sub')], asleepForMs: Infinity }, { from: 'wait', stream: 'sub' }],
  ['no old picture of a camera that was not there when it was last needed', { streams: [{ ...asleep('main'), lastFailed: true }], asleepForMs: 60_000, lastGoodMs: 70_000 }, { from: 'wait', longestMs: 1000 }],
  ['the stream that was there when it was last needed, though the other would fit better', { width: 1920, streams: [{ ...asleep('main'), lastFailed: true }, asleep('sub')], asleepForMs: 400_000 }, { from: 'wait', stream: 'sub', longestMs: 4000 }],
  ['the main stream where the sub stream is not there', { streams: [asleep('main'), { ...starting('sub'), state: 'failing' }] }, { from: 'wait', stream: 'main', longestMs: 4000 }],
  ['the stream that is already connecting', { streams: [starting('main'), asleep('sub')] }, { from: 'wait', stream: 'main' }],
  ['only a short wait for a camera that was tried in vain', { streams: [{ ...starting('main'), state: 'failing' }], lastGoodMs: 1000 }, { from: 'wait', stream: 'main', longestMs: 1000 }],
  ['nothing stale while the camera is connecting', { streams: [starting('main')], lastGoodMs: 1000 }, { from: 'wait', stream: 'main' }],
])('%s', (_name, change, choice) => {
  expect(chooseSnapshot(question(change))).toMatchObject(choice);
});

const decoding = (stream: SnapshotStream, width: number, ageMs: number): SnapshotStream => ({ ...stream, height: 1080, frame: { width, ageMs } });

test.each<[string, Partial<SnapshotQuestion>, object]>([
  ['what is decoded anyway', { streams: [decoding(live('main', 1920), 1280, 100)] }, { from: 'frame', stream: 'main' }],
  ['nothing decoded that is too small', { width: 1280, height: 720, streams: [decoding(live('main', 1920), 320, 100)] }, { from: 'keyframe' }],
  ['nothing decoded that is too old', { streams: [decoding(live('main', 1920), 1280, 1_100)] }, { from: 'keyframe' }],
  ['what is decoded of a camera that has no more than that', { width: 4000, height: 4000, streams: [decoding(live('main', 1920), 1920, 100)] }, { from: 'frame' }],
  ['no small decoded picture where a larger stream has a keyframe', { width: 1280, height: 720, streams: [{ ...live('main', 1920), height: 1080 }, { ...decoding(live('sub', 640), 640, 100), height: 360 }] }, { from: 'keyframe', stream: 'main' }],
  ['the smallest that is large enough', { streams: [decoding(live('main', 1920), 1280, 100), { ...decoding(live('sub', 640), 640, 100), height: 360 }] }, { from: 'frame', stream: 'sub' }],
])('decoded pictures: %s', (_name, change, choice) => {
  expect(chooseSnapshot(question(change))).toMatchObject(choice);
});

const sending = (stream: SnapshotStream, change: Partial<NonNullable<SnapshotStream['jpeg']>> = {}): SnapshotStream => ({ ...stream, height: 360, jpeg: { width: 640, height: 360, bytes: 50_000, ageMs: 400, goodForMs: 1_000, ...change } });

test.each<[string, Partial<SnapshotQuestion>, object]>([
  ['as the camera sent it', { streams: [sending(live('main', 640))] }, { from: 'jpeg', stream: 'main' }],
  ['rather than what is decoded', { streams: [{ ...sending(live('main', 640)), frame: { width: 640, ageMs: 100 } }] }, { from: 'jpeg' }],
  ['old where the camera is asked rarely', { streams: [sending(live('main', 640), { ageMs: 9_000, goodForMs: 11_000 })] }, { from: 'jpeg' }],
  ['none that is too old', { streams: [sending(live('main', 640), { ageMs: 1_100 })] }, { from: 'keyframe' }],
  ['none that is much too large', { width: 320, height: 180, streams: [sending(live('main', 1920), { width: 1920, height: 1080 })] }, { from: 'keyframe' }],
  ['none that is smaller than what another stream has', { width: 1280, height: 720, streams: [{ ...live('main', 1920), height: 1080 }, sending(live('sub', 640))] }, { from: 'keyframe', stream: 'main' }],
  ['a small one of a camera that has no more', { width: 1280, height: 720, streams: [sending(live('main', 640))] }, { from: 'jpeg' }],
  ['none of a connection that is gone', { streams: [sending(starting('main'))] }, { from: 'wait' }],
])('JPEGs: %s', (_name, change, choice) => {
  expect(chooseSnapshot(question(change))).toMatchObject(choice);
});

test.each<[string, Partial<SnapshotQuestion>, object]>([
  ['of a camera that sleeps', { streams: [asleep('main')], asleepForMs: 400_000 }, { from: 'stillImage' }],
  ['rather than the last good one', { streams: [asleep('main')], asleepForMs: 60_000, lastGoodMs: 70_000 }, { from: 'stillImage' }],
  ['of a camera that is not there', { streams: [{ ...starting('main'), state: 'failing' }] }, { from: 'stillImage' }],
  ['of one that is being connected', { streams: [starting('main')] }, { from: 'stillImage' }],
  ['not of one that is connected', { streams: [live('main', 640)] }, { from: 'keyframe' }],
  ['not where one stream of two is connected', { streams: [asleep('main'), live('sub', 320)] }, { from: 'keyframe', stream: 'sub' }],
])('still picture: %s', (_name, change, choice) => {
  expect(chooseSnapshot(question({ ...change, stillImage: true }))).toMatchObject(choice);
});

test.each<[number | undefined, boolean, string]>([
  [undefined, false, 'placeholder'],
  [undefined, true, 'placeholder'],
  [59_000, false, 'lastGood'],
  [61_000, false, 'placeholder'],
  [3_600_000, true, 'lastGood'],
])('no picture in time, the last is %s ms old, asleep %s: %s', (lastGoodMs, sleeping, answer) => {
  expect(afterWaiting(lastGoodMs, sleeping)).toBe(answer);
});
