import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Problem } from '../../../src/problems.js';
import { blankPicture, staged } from '../../support/staged-snapshots.js';

const size = { width: 640, height: 360 };
const second = 1_000;
const hour = 3_600 * second;

type Scene = ReturnType<typeof staged>;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});

afterEach(() => {
  jest.useRealTimers();
});

/** A camera that was seen, and is left alone from now on. */
async function asleep(scene: Scene): Promise<void> {
  scene.stream.resting = true;
  {
    using _view = scene.stream.lease({ holder: 'live view' });
    scene.publish();
  }
  scene.stream.resting = false;
  await jest.advanceTimersByTimeAsync(1);
  expect(scene.stream.state.kind).toBe('asleep');
}

/** Lets time pass in which a picture is asked for now and then. @returns the share of it that the camera was connected for. */
async function dashboard({ stream, service, publish }: Scene, everyMs: number, forMs: number): Promise<number> {
  let awakeSeconds = 0;
  for (let ms = 0; ms < forMs; ms += second) {
    const asked = ms % everyMs === 0 ? service.take(size) : undefined;
    await jest.advanceTimersByTimeAsync(second);
    if (stream.state.kind !== 'asleep') {
      awakeSeconds += 1;
      publish(); // The camera is there within a second, and sends a keyframe every second.
    }
    await asked;
  }
  return (awakeSeconds * second) / forMs;
}

describe('a camera that nobody looks at', () => {
  test.each([10, 25, 60, 240, 420])('sleeps nine tenths of the time although a dashboard asks every %i s, after a first time when somebody might have looked', async (seconds) => {
    await using scene = staged();
    await dashboard(scene, seconds * second, 600 * second);
    expect(await dashboard(scene, seconds * second, 4 * hour)).toBeLessThan(0.1);
  });

  test('is seen at least every six minutes on such a dashboard', async () => {
    await using scene = staged();
    let oldestMs = 0;
    for (let asks = 0; asks < 500; asks++) {
      await dashboard(scene, 10 * second, 10 * second);
      oldestMs = Math.max(oldestMs, performance.now() - (scene.stream.packets.lastKeyframe?.timeMs ?? 0));
    }
    expect(oldestMs).toBeGreaterThan(250 * second);
    expect(oldestMs).toBeLessThan(360 * second);
  });

  test('stays connected for the whole idle timeout after a live view, whatever a dashboard asks, and after the next wake', async () => {
    await using scene = staged();
    await dashboard(scene, 10 * second, hour);
    {
      using _view = scene.stream.lease({ holder: 'live view', waitedFor: true });
      await dashboard(scene, 10 * second, 20 * second);
    }
    expect(await dashboard(scene, 10 * second, 299 * second)).toBe(1);
    await jest.advanceTimersByTimeAsync(400 * second);
    expect(scene.stream.state.kind).toBe('asleep');
    expect(await dashboard(scene, 10 * second, 300 * second)).toBe(1); // Whoever looked may be about to look again.
    expect(await dashboard(scene, 10 * second, 4 * hour)).toBeLessThan(0.1);
  });

  test('is kept at hand once more for who opens Home after an hour without a question', async () => {
    await using scene = staged();
    await dashboard(scene, 10 * second, 2 * hour);
    await jest.advanceTimersByTimeAsync(2 * hour);
    expect(await dashboard(scene, 10 * second, 300 * second)).toBe(1);
  });
});

describe('the picture of a camera that sleeps', () => {
  test('says when it was taken as soon as it is older than a minute; made once for all who ask', async () => {
    await using scene = staged();
    const { service, decoded, rendered } = scene;
    const takenMs = performance.now();
    await asleep(scene);
    await jest.advanceTimersByTimeAsync(58 * second);
    expect(String(await service.take(size))).toBe(`picture of ${takenMs}`);
    await jest.advanceTimersByTimeAsync(3 * second);
    const pictures = await Promise.all([service.take(size), service.take(size)]);
    await jest.advanceTimersByTimeAsync(100 * second);
    expect([...pictures, await service.take(size)].map(String)).toEqual(Array(3).fill(`captioned picture of ${takenMs}`));
    expect([decoded.length, rendered.length]).toEqual([1, 1]);
    await service.take({ width: 320, height: 180 });
    expect(decoded).toHaveLength(2);
  });

  test('is made anew when midnight makes another day of it', async () => {
    jest.setSystemTime(new Date(2026, 2, 14, 23, 57));
    await using scene = staged();
    const { service, decoded } = scene;
    await asleep(scene);
    for (let minutes = 0; minutes < 4; minutes++) {
      await jest.advanceTimersByTimeAsync(61 * second);
      await service.take(size);
    }
    expect(decoded).toHaveLength(2);
  });

  test('is given without the time where that cannot be written, and the next who asks has it tried again', async () => {
    await using scene = staged({ decode: () => Promise.reject(new Problem('snapshot-failed')) });
    const { service, decoded } = scene;
    const takenMs = performance.now();
    await asleep(scene);
    await jest.advanceTimersByTimeAsync(100 * second);
    for (const tries of [1, 2]) {
      expect(String(await service.take(size))).toBe(`picture of ${takenMs}`);
      expect(decoded).toHaveLength(tries);
    }
  });

  test('is given without the time in time, where writing it hangs', async () => {
    jest.useRealTimers(); // Signals that end by themselves go by no other.
    const hangs = (_keyframe: unknown, signal: AbortSignal): Promise<never> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Problem('snapshot-failed'))));
    await using scene = staged({ decode: hangs });
    const { stream, service, publish } = scene;
    const takenMs = performance.now() - 100 * second;
    stream.resting = true;
    {
      using _view = stream.lease({ holder: 'live view' });
      publish(takenMs);
    }
    await new Promise(setImmediate);
    const asked = performance.now();
    expect(String(await service.take(size))).toBe(`picture of ${takenMs}`);
    expect(performance.now() - asked).toBeLessThan(4_000);
  });

  test('is ready in time where the camera does not come when it is woken, also on a machine that needs a second for it', async () => {
    await using scene = staged({
      decode: async (keyframe) => {
        await new Promise((resolve) => setTimeout(resolve, second));
        return blankPicture(keyframe);
      },
    });
    const { service } = scene;
    const takenMs = performance.now();
    await asleep(scene);
    await jest.advanceTimersByTimeAsync(400 * second);
    const asked = service.take(size);
    await jest.advanceTimersByTimeAsync(4_100);
    expect(String(await asked)).toBe(`captioned picture of ${takenMs}`);
  });

  test('is forgotten with its time', async () => {
    await using scene = staged();
    const { service, decoded } = scene;
    await asleep(scene);
    await jest.advanceTimersByTimeAsync(100 * second);
    await service.take(size);
    service.forget();
    await service.take(size);
    expect(decoded).toHaveLength(2);
  });
});
