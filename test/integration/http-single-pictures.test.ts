import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeJpegs } from '../support/http-camera/jpegs.js';
import { numbersIn } from '../support/http-camera/numbers.js';
import { openHttpCamera } from '../support/http-camera/opened-http-camera.js';
import { machinePace } from '../support/machine-pace.js';

const size = { width: 640, height: 360 };
let pictures: readonly Buffer[];

beforeAll(async () => {
  pictures = await makeJpegs(size);
}, 60_000);

describe('a camera of single pictures', () => {
  test.concurrent('is asked at the rate of the option, over one connection, and each picture is shown soon', async () => {
    await using it = await openHttpCamera({ pictures, fps: 20 }, { path: '/jpeg', options: { pollRate: 4 } });
    await it.until(() => it.units.length >= 6);
    const from = { sent: it.simulated.sent.length, ms: performance.now() };
    await it.until(() => it.simulated.sent.length >= from.sent + 12);
    const rate = 12_000 / (performance.now() - from.ms);
    expect(rate).toBeGreaterThan(3.3);
    expect(rate).toBeLessThan(4.4);
    // What was sent last takes its time to be shown.
    const shown = it.units.length;
    await it.until(() => it.units.length >= shown + 10);
    const sent = it.simulated.sent.slice(from.sent, from.sent + 10).map(({ picture }) => picture);
    expect(await numbersIn(it.units, size)).toEqual(expect.arrayContaining(sent));
    expect(it.simulated.connections.total).toBe(1);
  }, 60_000);

  test.concurrent('asked every ten seconds it is never taken for dead, and what it last sent is in memory all the time', async () => {
    await using it = await openHttpCamera({ pictures }, { path: '/jpeg', options: { pollRate: 0.1 } });
    await it.until(() => it.simulated.sent.length >= 2, 30_000);
    const [first, second] = it.simulated.sent;
    expect((second?.atMs ?? NaN) - (first?.atMs ?? NaN)).toBeGreaterThan(9_500);
    expect(it.camera.main.connections).toBe(1);
    expect(it.units.length).toBeGreaterThanOrEqual(7);
    const distances = it.units.slice(1).map(({ timeMs }, index) => timeMs - (it.units[index]?.timeMs ?? 0));
    expect(Math.max(...distances)).toBeLessThan(2_500 * (await machinePace()));
    expect(it.units.filter(({ keyframe }) => keyframe).length).toBeGreaterThanOrEqual(3);
    const { held } = it.camera.main.jpegs;
    expect(held?.goodForMs).toBe(11_000);
    expect(pictures.some((jpeg) => held?.jpeg.equals(jpeg))).toBe(true);
  }, 60_000);

  test.concurrent('that closes the connection each time is asked all the same; so is one that ends its stream after each picture', async () => {
    for (const path of ['/jpeg', '/mjpeg']) {
      await using it = await openHttpCamera({ pictures }, { path, options: { pollRate: 10 }, prepare: (camera) => void (camera.closesEach = true) });
      await it.until(() => it.simulated.sent.length >= 10);
      await it.until(() => it.units.length >= 8);
      expect(it.simulated.connections.highest).toBe(1);
      expect(it.camera.main.connections).toBe(1);
    }
  }, 60_000);

  test.concurrent('may miss a picture; three in a row end the connection with what was wrong', async () => {
    await using it = await openHttpCamera({ pictures }, { path: '/jpeg', options: { pollRate: 5 } });
    await it.until(() => it.units.length >= 5);
    const failuresOf = async (count: number): Promise<void> => {
      const before = it.simulated.requests.length;
      it.simulated.fault = 500;
      await it.until(() => it.simulated.requests.length >= before + count);
    };
    await failuresOf(2);
    it.simulated.fault = 'none';
    const sent = it.simulated.sent.length;
    await it.until(() => it.simulated.sent.length >= sent + 3);
    expect(it.camera.main.connections).toBe(1);
    await failuresOf(3);
    await it.until(() => it.problem() === 'camera-http-error', 2_000 * (await machinePace()));
    expect(it.camera.main.state.kind).toBe('waiting');
  }, 60_000);
});
