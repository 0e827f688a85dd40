import { setTimeout as sleep } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import type { CameraStreamOptions } from '../../src/pipeline/camera-stream.js';
import { StartQueue } from '../../src/pipeline/start-queue.js';
import { soundTimes } from '../../src/policy/sound-choice.js';
import { startSpacing } from '../../src/policy/start-order.js';
import { FakeTimers } from '../support/fake-timers.js';
import type { FootageSettings, SimulatedCamera } from '../support/camera/rtsp-camera.js';
import { smallFootage } from '../support/house.js';
import { openStream } from '../support/opened-stream.js';
import { StandIns } from '../support/stand-in-ffmpeg.js';
import { until } from '../support/until.js';

/** A stream in a house where another camera's connection began just now, so that it is the turn of nobody but a viewer; time stands still there. */
async function openQueued(main: FootageSettings = smallFootage, options: Partial<CameraStreamOptions> = {}) {
  const timers = new FakeTimers();
  const starts = new StartQueue(timers);
  await starts.take(() => false, new AbortController().signal);
  timers.advance(startSpacing.askedForMs);
  const open = await openStream({ main }, { starts, ...options });
  return { ...open, timers, starts, connections: () => open.camera.statistics().connections.total };
}

test('a camera in the queue is connecting, and a view of it takes it to the front at once', async () => {
  await using it = await openQueued();
  using _warm = it.stream.lease({ holder: 'keepWarm' });
  await until('it is in the queue', () => it.timers.pending === 1);
  await sleep(500);
  expect(it.stream.state).toMatchObject({ kind: 'connecting', again: false });
  expect([it.stream.connections, it.connections()]).toEqual([0, 0]);
  using _view = it.stream.lease({ holder: 'live view', waitedFor: true });
  await until('it is live', () => it.stream.state.kind === 'live');
  expect([it.stream.connections, it.connections(), it.timers.pending]).toEqual([1, 1, 0]);
});

test('a camera that nobody needs any more leaves the queue without having been connected, and comes back into it', async () => {
  await using it = await openQueued();
  const lease = it.stream.lease({ holder: 'keepWarm' });
  await until('it is in the queue', () => it.timers.pending === 1);
  lease[Symbol.dispose]();
  await until('it is asleep', () => it.stream.state.kind === 'asleep');
  expect(it.timers.pending).toBe(0);
  using _again = it.stream.lease({ holder: 'keepWarm' });
  await until('it is in the queue again', () => it.timers.pending === 1);
  expect(it.connections()).toBe(0);
  it.timers.advance(startSpacing.othersMs);
  await until('it is live', () => it.stream.state.kind === 'live');
  expect([it.stream.connections, it.connections(), it.problems]).toEqual([1, 1, []]);
});

test('a camera that is closed while it is in the queue is never connected', async () => {
  await using it = await openQueued();
  using _warm = it.stream.lease({ holder: 'keepWarm' });
  await until('it is in the queue', () => it.timers.pending === 1);
  await it.stream.close();
  expect([it.stream.state.kind, it.stream.connections, it.connections(), it.timers.pending]).toEqual(['closed', 0, 0, 0]);
});

test('a connection without sound that is cut so that one with it takes its place does not wait behind those that were never there', async () => {
  await using standIns = await StandIns.open();
  const ffmpeg = await standIns.failsOnceWithSound('fails-once-with-sound');
  await using it = await openQueued({ ...smallFootage, audio: 'pcma' }, { sound: true, ffmpeg: () => Promise.resolve(ffmpeg) });
  using _warm = it.stream.lease({ holder: 'keepWarm' });
  await until('it is in the queue', () => it.timers.pending === 1);
  it.timers.advance(startSpacing.othersMs);
  await until('it is in the queue again, as it failed', () => it.problems.length === 1 && it.timers.pending === 1);
  it.timers.advance(startSpacing.othersMs);
  await until('it is live', () => it.stream.state.kind === 'live');
  expect(it.stream.audio.format).toBeUndefined();
  const another = it.starts.take(() => false, new AbortController().signal);
  it.timers.advance(startSpacing.othersMs);
  await another;
  using _clock = laterBy(soundTimes.spareMs, it.camera);
  using _armed = it.stream.lease({ holder: 'recording armed' });
  await until('it is in the queue once more', () => it.timers.pending === 1);
  it.timers.advance(startSpacing.askedForMs);
  await until('it is live with sound', () => it.stream.audio.format !== undefined);
});

/** From now on it is so much later for this process and the camera. */
function laterBy(ms: number, camera: SimulatedCamera): Disposable {
  const now = performance.now.bind(performance);
  camera.freeze();
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + ms);
  camera.thaw();
  return { [Symbol.dispose]: () => clock.mockRestore() };
}
