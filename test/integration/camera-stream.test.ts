import { describe, expect, test } from '@jest/globals';
import type { AccessUnit } from '../../src/media/access-unit.js';
import type { CameraStreamOptions } from '../../src/pipeline/camera-stream.js';
import type { CameraSettings } from '../support/camera/rtsp-camera.js';
import { smallFootage } from '../support/house.js';
import { openStream } from '../support/opened-stream.js';

/** Opens a simulated camera through the pipeline and collects what comes. */
async function opened(settings: Partial<CameraSettings>, options: Partial<CameraStreamOptions> = {}) {
  const open = await openStream(settings, options);
  const { stream, problems } = open;
  const units: AccessUnit[] = [];
  const arrivals: number[] = [];
  const reader = stream.packets.read(() => {
    for (let unit = reader.next(); unit; unit = reader.next()) {
      units.push(unit);
      arrivals.push(performance.now());
    }
  });
  const until = async (reached: () => boolean, ms = 20_000): Promise<void> => {
    const deadline = performance.now() + ms;
    while (!reached()) {
      if (performance.now() > deadline) {
        throw new Error(`Not reached in ${ms} ms; ${units.length} pictures, problems: ${problems.map(({ message }) => message).join('; ')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { ...open, reader, units, arrivals, until };
}

describe('what a camera sends is understood', () => {
  test.concurrent.each<[string, Partial<CameraSettings>, object, object]>([
    ['H.264', {}, { codec: 'h264', width: 640, height: 360, profile: 'High', reorders: false }, { fps: 30, bFrames: false }],
    ['H.264 Baseline', { main: { ...smallFootage, h264Profile: 'baseline' } }, { codec: 'h264', profile: expect.stringMatching(/Baseline/) }, { bFrames: false }],
    ['B-frames', { main: { ...smallFootage, bFrames: 2 } }, { codec: 'h264', reorders: true }, { fps: 30, bFrames: true }],
    ['HEVC', { main: { ...smallFootage, codec: 'hevc' } }, { codec: 'hevc', width: 640, height: 360, profile: 'Main' }, { fps: 30 }],
    ['parameter sets only in the stream', { parameterSetsInSdp: false }, { codec: 'h264', width: 640 }, { fps: 30 }],
    ['parameter sets only in the description', { parameterSetsInBand: false }, { codec: 'h264', width: 640 }, { fps: 30 }],
    ['a server that sends the present GOP in a burst', { startAt: 'cachedGop' }, { codec: 'h264' }, { fps: 30 }],
  ])('%s', async (_name, settings, format, measure) => {
    await using it = await opened(settings);
    using _lease = it.stream.lease({ holder: 'test' });
    await it.until(() => it.units.filter(({ keyframe }) => keyframe).length >= 3);
    expect(it.stream.packets.format).toMatchObject(format);
    const measured = it.stream.measure();
    expect(measured?.fps).toBeCloseTo(30, 0);
    expect(measured).toMatchObject({ ...measure, fps: measured?.fps });
    expect(measured?.keyframeIntervalMs).toBeGreaterThan(1_900);
    expect(measured?.keyframeIntervalMs).toBeLessThan(2_100);
    expect(it.units[0]?.keyframe).toBe(true);
  }, 40_000);
});

test.concurrent('each picture carries its time on our clock: rising, as far apart as filmed, not after its arrival', async () => {
  await using it = await opened({});
  using _lease = it.stream.lease({ holder: 'test' });
  await it.until(() => it.units.length > 150);
  const distances = it.units.slice(1).map(({ timeMs }, index) => timeMs - (it.units[index]?.timeMs ?? 0));
  expect(Math.min(...distances)).toBeGreaterThan(0);
  expect(distances.slice(20).every((ms) => Math.abs(ms - 1000 / 30) < 12)).toBe(true);
  const latenesses = it.units.map(({ timeMs }, index) => (it.arrivals[index] ?? 0) - timeMs).slice(20);
  expect(Math.min(...latenesses)).toBeGreaterThan(-12);
  expect(latenesses.sort((a, b) => a - b)[latenesses.length >> 1]).toBeLessThan(100);
}, 40_000);

test.concurrent('a fast stream that nobody reads is taken in as fast as it is sent', async () => {
  await using it = await opened({ main: { width: 1280, height: 720, bitrateKbps: 25_000, seconds: 4 } });
  it.reader[Symbol.dispose]();
  using _lease = it.stream.lease({ holder: 'test' });
  await it.until(() => it.stream.packets.published > 30);
  const before = it.stream.packets.published;
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect((it.stream.packets.published - before) / 4).toBeGreaterThan(28);
}, 60_000);

test.concurrent('UDP works as well', async () => {
  await using it = await opened({ transports: ['udp'] });
  const options = { kind: 'rtsp', url: it.camera.url('main'), transport: 'udp' } as const;
  await using over = await opened({}, { source: options });
  using _lease = over.stream.lease({ holder: 'test' });
  await over.until(() => over.units.length > 60);
  expect(it.camera.statistics().playing.main.total).toBe(1);
}, 40_000);

test.concurrent('after a reconnect the times go on, with the gap that there was', async () => {
  await using it = await opened({});
  using _lease = it.stream.lease({ holder: 'test', waitedFor: true });
  await it.until(() => it.units.length > 60);
  const before = it.units.length;
  it.camera.dropConnections();
  await it.until(() => it.units.length > before + 60);
  expect(it.problems.map(({ code }) => code)).toEqual(['camera-closed']);
  const gap = it.units.findIndex(({ timeMs }, index) => timeMs - (it.units[index - 1]?.timeMs ?? timeMs) > 500);
  expect(it.units[gap]?.keyframe).toBe(true);
  const gapMs = (it.units[gap]?.timeMs ?? 0) - (it.units[gap - 1]?.timeMs ?? 0);
  const arrivalGapMs = (it.arrivals[gap] ?? 0) - (it.arrivals[gap - 1] ?? 0);
  expect(Math.abs(gapMs - arrivalGapMs)).toBeLessThan(1_100); // The first pictures of a connection come late, in a burst.
  expect(it.stream.connections).toBe(2);
  expect(it.stream.reconnects).toMatchObject({ total: 1, recent: 1 });
}, 40_000);

describe('a camera that refuses is diagnosed', () => {
  test.concurrent.each([
    [401, 'camera-refused-login'],
    [404, 'camera-stream-not-found'],
    [503, 'camera-busy'],
  ] as const)('%i is %s', async (status, code) => {
    await using it = await opened({});
    it.camera.answerWith(status);
    using _lease = it.stream.lease({ holder: 'test' });
    await it.until(() => it.problems.length > 0);
    expect(it.problems[0]?.code).toBe(code);
  }, 40_000);

  test.concurrent('a session too many is camera-busy', async () => {
    await using it = await opened({ sessionLimit: 0 });
    using _lease = it.stream.lease({ holder: 'test' });
    await it.until(() => it.problems.length > 0);
    expect(it.problems[0]?.code).toBe('camera-busy');
  }, 40_000);

  test.concurrent('nobody there is camera-unreachable, and a waiting view hastens the next try', async () => {
    await using it = await opened({});
    await it.camera.stop();
    const patient = it.stream.lease({ holder: 'test' });
    await it.until(() => it.problems.length >= 5, 30_000); // The next try is at least 12 s away.
    // Its port is free, so that another test may take it for a moment.
    expect(it.problems.filter(({ code }) => code !== 'camera-unreachable').length).toBeLessThanOrEqual(1);
    await it.camera.start();
    using _view = it.stream.lease({ holder: 'view', waitedFor: true });
    const asked = performance.now();
    await it.until(() => it.units.length > 0);
    expect(performance.now() - asked).toBeLessThan(7_000);
    expect(it.stream.reconnects.total).toBe(0); // It has never been lost.
    patient[Symbol.dispose]();
  }, 60_000);
});

test.concurrent('the connection ends after the idle time, its last keyframe stays, and random use leaves no lease', async () => {
  await using it = await opened({});
  const lease = it.stream.lease({ holder: 'test' });
  await it.until(() => it.units.length > 10);
  lease[Symbol.dispose]();
  await it.until(() => it.stream.state.kind === 'asleep');
  expect(it.camera.statistics().playing.main.now).toBe(0);
  expect(it.stream.packets.bytes).toBe(0);
  expect(it.stream.packets.lastKeyframe).toBeDefined();
  for (let round = 0; round < 30; round++) {
    const leases = Array.from({ length: round % 4 }, () => it.stream.lease({ holder: 'test' }));
    await new Promise((resolve) => setTimeout(resolve, (round * 37) % 90));
    for (const each of leases) {
      each[Symbol.dispose]();
    }
  }
  expect(it.stream.holders).toEqual([]);
  await it.until(() => it.stream.state.kind === 'asleep');
  expect(it.stream.reconnects.total).toBe(0);
  expect(it.camera.statistics().playing.main).toMatchObject({ now: 0, highest: 1 });
}, 40_000);
