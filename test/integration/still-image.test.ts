import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { CameraConfig } from '../../src/config/options.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import { SnapshotService } from '../../src/homekit/snapshot.js';
import { StillImage } from '../../src/pipeline/still-image.js';
import type { Problem } from '../../src/problems.js';
import { HttpCamera } from '../support/http-camera/http-camera.js';
import { makeJpegs } from '../support/http-camera/jpegs.js';
import { machinePace } from '../support/machine-pace.js';
import { openPlugin } from '../support/opened-camera.js';
import { decodeJpeg } from '../support/picture.js';

const size = { width: 640, height: 360 };
const nobody = 'rtsp://127.0.0.1:9/none';
let pictures: readonly Buffer[];

beforeAll(async () => {
  pictures = await makeJpegs({ ...size, count: 5 });
}, 60_000);

afterEach(() => {
  jest.useRealTimers();
});

/** The process clock goes on only when it is told to; sockets and timers do not notice. To be called before anything looks at it. */
function stopClock(): void {
  jest.useFakeTimers({ now: Date.now(), doNotFake: ['Date', 'hrtime', 'nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
}

describe('the still picture', () => {
  test('is fetched once for all who ask at the same time, and again after ten seconds', async () => {
    stopClock();
    await using camera = await HttpCamera.open({ pictures, fps: 100 });
    using still = new StillImage(camera.url('/jpeg'), () => undefined);
    const all = await Promise.all([still.fetch(), still.fetch(), still.fetch()]);
    expect(all[0]?.jpeg).toEqual(pictures[camera.sent[0]?.picture ?? -1]);
    expect(new Set(all).size).toBe(1);
    jest.advanceTimersByTime(9_900);
    expect(await still.fetch()).toBe(all[0]);
    expect(camera.requests).toHaveLength(1);
    jest.advanceTimersByTime(200);
    expect(await still.fetch()).not.toBe(all[0]);
    expect(camera.requests).toHaveLength(2);
  });

  test('that fails is told with its cause, and not asked for again for ten seconds', async () => {
    stopClock();
    await using camera = await HttpCamera.open({ pictures, login: { method: 'digest', user: 'joe', password: 'secret' } });
    const told: [Problem, string][] = [];
    using still = new StillImage(camera.url('/jpeg', 'joe:wrong'), (...each) => told.push(each));
    expect(await still.fetch()).toBeUndefined();
    expect(still.usable).toBe(false);
    const asked = camera.requests.length;
    expect(await still.fetch()).toBeUndefined();
    expect(camera.requests).toHaveLength(asked);
    expect(told.map(([{ code, message }, cause]) => [code, cause, message.includes('wrong')])).toEqual([['still-image-failed', 'camera-refused-login', false]]);
    jest.advanceTimersByTime(10_100);
    expect(still.usable).toBe(true);
  });

  test('of a camera that says nothing, or never comes to an end, is given up after three seconds', async () => {
    await using camera = await HttpCamera.open({ pictures, pages: { '/endless': (_, response) => void setInterval(() => response.write('--x\r\n'), 50).unref() } });
    for (const path of ['/jpeg', '/endless']) {
      camera.fault = path === '/jpeg' ? 'hangs' : 'none';
      const told: Problem[] = [];
      using still = new StillImage(camera.url(path), (problem) => told.push(problem));
      const askedMs = performance.now();
      expect(await still.fetch()).toBeUndefined();
      expect(performance.now() - askedMs).toBeGreaterThan(2_900);
      expect(performance.now() - askedMs).toBeLessThan(3_500 * (await machinePace()));
      expect(told).toHaveLength(1);
    }
  }, 30_000);

  test('may be the first of a stream', async () => {
    await using camera = await HttpCamera.open({ pictures });
    using still = new StillImage(camera.url('/mjpeg'), () => undefined);
    expect((await still.fetch())?.jpeg).toEqual(pictures[0]);
  });

  test('of a private camera is not asked for, and what was asked for is dropped', async () => {
    await using camera = await HttpCamera.open({ pictures });
    camera.fault = 'hangs';
    const told: Problem[] = [];
    using still = new StillImage(camera.url('/jpeg'), (problem) => told.push(problem));
    const asked = still.fetch();
    still.barred = true;
    expect(await asked).toBeUndefined();
    expect(await still.fetch()).toBeUndefined();
    expect(still.usable).toBe(false);
    expect(camera.requests.length).toBeLessThanOrEqual(1);
    expect(told).toEqual([]);
    camera.fault = 'none';
    still.barred = false;
    expect((await still.fetch())?.width).toBe(640);
  });
});

describe('a snapshot', () => {
  /** The camera itself is not there. */
  async function opened(still: HttpCamera, options: Partial<CameraConfig> = {}) {
    const plugin = await openPlugin({ source: nobody, stillImage: still.url('/jpeg'), ...options });
    const renderer = new StillRenderer();
    const service = new SnapshotService(plugin.camera, renderer);
    const dispose = async (): Promise<void> => {
      await renderer[Symbol.asyncDispose]();
      await plugin[Symbol.asyncDispose]();
    };
    return { ...plugin, service, [Symbol.asyncDispose]: dispose };
  }

  test.concurrent('of a sleeping camera is its still picture as it came, and the camera sleeps on', async () => {
    await using still = await HttpCamera.open({ pictures });
    await using it = await opened(still);
    const jpegs = await Promise.all([it.service.take(size), it.service.take({ width: 1280, height: 720 })]);
    expect(still.requests).toHaveLength(1);
    expect(pictures.some((picture) => jpegs.every((jpeg) => jpeg.equals(picture)))).toBe(true);
    expect(it.camera.main).toMatchObject({ connections: 0, state: { kind: 'asleep' } });
  }, 30_000);

  test.concurrent.each<[string, Partial<CameraConfig>, object, object]>([
    ['made smaller where it is much larger than asked', {}, { width: 160, height: 90 }, { width: 160, height: 90 }],
    ['turned where the camera is', { rotate: 90 }, size, { width: 202, height: 360 }],
    ['mirrored and cropped where the camera is', { flip: 'horizontal', crop: { left: 50, right: 0, top: 0, bottom: 0 } }, size, { width: 320, height: 360 }],
  ])('of a still picture is %s', async (_name, options, asked, got) => {
    await using still = await HttpCamera.open({ pictures });
    await using it = await opened(still, options);
    const picture = await decodeJpeg(await it.service.take({ ...size, ...asked }));
    expect(picture).toMatchObject(got);
    expect(picture.marks === undefined).toBe(Object.keys(options).length > 0);
  }, 30_000);

  test.concurrent('goes on as without it where it fails, within its time; told once', async () => {
    await using still = await HttpCamera.open({ pictures });
    still.fault = 'hangs';
    await using it = await opened(still);
    const askedMs = performance.now();
    const drawn = await it.service.take(size);
    expect(performance.now() - askedMs).toBeLessThan(4_500 + 500 * (await machinePace()));
    expect(await decodeJpeg(drawn)).toMatchObject({ ...size, marks: undefined });
    expect(it.camera.main.connections).toBeGreaterThan(0);
    const again = performance.now();
    await it.service.take(size);
    expect(performance.now() - again).toBeLessThan(2_500 * (await machinePace())); // Neither the picture nor the camera is waited for as long again.
    expect(still.requests).toHaveLength(1);
    expect(it.log.filter((line) => line.includes('[still-image-failed]'))).toHaveLength(1);
  }, 30_000);

  test.concurrent('of a camera that is connected does not ask for it', async () => {
    await using stream = await HttpCamera.open({ pictures });
    await using still = await HttpCamera.open({ pictures });
    await using it = await opened(still, { source: stream.url('/mjpeg') });
    using _lease = it.camera.main.lease({ holder: 'test' });
    while (it.camera.main.state.kind !== 'live') {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const jpeg = await it.service.take(size);
    expect(pictures.some((picture) => picture.equals(jpeg))).toBe(true);
    expect(still.requests).toHaveLength(0);
  }, 30_000);
});
