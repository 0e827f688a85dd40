import { expect, test } from '@jest/globals';
import { AlertWatch, type ReportedAlert } from '../../src/resources/alert-watch.js';
import { FakeTimers } from '../support/fake-timers.js';
import { openCamera, type OpenedCamera } from '../support/opened-camera.js';
import { until } from '../support/until.js';

const minuteMs = 60_000;

/** Who watches a camera; its time passes when told to, beyond that which really does. */
function watch({ camera, log }: OpenedCamera, told: ReportedAlert[][]) {
  const timers = new FakeTimers();
  let aheadMs = 0;
  const write = (line: string): void => void (log as string[]).push(line);
  const watching = new AlertWatch({
    cameras: [
      {
        problems: camera.problems,
        alertFacts: () => ({ away: camera.outage, shortPastMs: camera.shortPastMs, droppedPictures: camera.droppedPictures }),
        set alerts(alerts: readonly ReportedAlert[]) {
          told.push([...alerts]);
        },
      },
    ],
    alertAfterMs: 5 * minuteMs,
    limitedSinceMs: () => undefined,
    disk: () => Promise.resolve(undefined),
    log: { info: write, warn: write, error: write, debug: write },
    timers,
    now: () => performance.now() + aheadMs,
  });
  const pass = (ms: number): void => {
    for (let passedMs = 0; passedMs < ms; passedMs += 5_000) {
      aheadMs += 5_000;
      timers.advance(5_000);
    }
  };
  return { pass, [Symbol.dispose]: () => watching[Symbol.dispose]() };
}

test('a real camera that is gone for minutes is told of, and its return; one that sleeps is not', async () => {
  await using opened = await openCamera();
  const { camera, simulated, log } = opened;
  const told: ReportedAlert[][] = [];
  using watching = watch(opened, told);
  watching.pass(30 * minuteMs);
  expect(told).toEqual([]); // Asleep.

  using _view = camera.main.lease({ holder: 'view', waitedFor: true });
  await until('the camera', () => camera.main.state.kind === 'live');
  watching.pass(10 * minuteMs);
  expect(told).toEqual([]);

  await simulated.stop();
  await until('the end of the connection', () => !camera.online);
  watching.pass(4 * minuteMs);
  expect(told).toEqual([]);
  watching.pass(2 * minuteMs);
  expect(told).toEqual([[{ code: 'camera-away', since: expect.any(String) as unknown, text: expect.stringMatching(/^the camera, or one of its streams, stays away \(.*camera.*\)$/) as unknown }]]);

  await simulated.start();
  await until('the camera to come back', () => camera.main.state.kind === 'live');
  watching.pass(minuteMs);
  expect(told.at(-1)).toEqual([]);
  expect(log.filter((line) => line.includes('[camera-away]'))).toHaveLength(1);
  expect(log.filter((line) => line.includes('camera is back'))).toHaveLength(1);
});

test('a sub stream that cannot be reached is told of while somebody needs it', async () => {
  await using opened = await openCamera({}, { substream: 'rtsp://127.0.0.1:9/sub' });
  const told: ReportedAlert[][] = [];
  using watching = watch(opened, told);
  const { camera } = opened;
  using _main = camera.main.lease({ holder: 'recording armed' });
  const sub = camera.stream('sub').lease({ holder: 'motion' });
  await until('the streams', () => camera.main.state.kind === 'live' && camera.stream('sub').failing);
  watching.pass(6 * minuteMs);
  expect(told).toEqual([[expect.objectContaining({ code: 'camera-away', text: expect.stringContaining('(sub stream: ') as unknown })]]);
  camera.pause();
  sub[Symbol.dispose]();
  await until('nobody to try it', () => !camera.stream('sub').failing);
  watching.pass(minuteMs);
  expect(told.at(-1)).toEqual([]);
});
