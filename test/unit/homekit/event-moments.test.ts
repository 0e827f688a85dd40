import { expect, test } from '@jest/globals';
import { CameraEvents } from '../../../src/events/camera-events.js';
import { EventMoments } from '../../../src/homekit/event-moments.js';
import type { VideoFormat } from '../../../src/media/access-unit.js';
import { CameraStream } from '../../../src/pipeline/camera-stream.js';
import { unturned } from '../../../src/policy/picture-turn.js';
import { softwareOf } from '../../support/test-ffmpeg.js';

const format: VideoFormat = { codec: 'h264', parameterSets: [], width: 1920, height: 1080, profile: 'High', level: '4.0', reorders: false, fullRange: false };

/** A camera whose stream is fed by the test, and what is kept of its events. */
function staged(mayLook = true) {
  const main = new CameraStream({
    name: 'main',
    source: { kind: 'rtsp', url: 'rtsp://127.0.0.1:9/none', transport: 'tcp' },
    turn: unturned,
    hardware: softwareOf(),
    onNote: () => undefined,
    sound: false,
    ffmpeg: () => new Promise(() => undefined),
    idleTimeoutMs: 300_000,
    socketFolder: '/nowhere',
    onProblem: () => undefined,
    onConnected: () => undefined,
    onFormat: () => undefined,
    onSoundProblem: () => undefined,
  });
  const listeners = new Set<() => void>();
  const listen = (listener: () => void): Disposable => {
    listeners.add(listener);
    return { [Symbol.dispose]: () => listeners.delete(listener) };
  };
  const events = new CameraEvents({ motionTimeoutMs: 30_000, onMistake: (error) => expect(error).toBeUndefined() });
  const moments = new EventMoments({ streams: [main], main, listen }, events, () => mayLook);
  const dispose = async (): Promise<void> => {
    moments[Symbol.dispose]();
    events[Symbol.dispose]();
    await main.close();
  };
  const publish = (timeMs: number, keyframe = true): void => main.packets.publish({ format, data: new Uint8Array(9), keyframe, timeMs, decodeTimeMs: timeMs });
  return { main, events, moments, listeners, publish, connected: () => listeners.forEach((listener) => listener()), [Symbol.asyncDispose]: dispose };
}

test('the newest event counts, with the picture that was shown then; nobody is kept connected for it', async () => {
  await using it = staged();
  [1_000, 1_040, 1_080].forEach((timeMs, index) => it.publish(timeMs, index === 0));
  it.events.motion('pictures', 1_050);
  expect(it.moments.nearest(640)).toMatchObject({ whole: true, moment: { timeMs: 1_040 } });
  it.events.ring('http', 1_090);
  expect(it.moments.nearest(640)).toMatchObject({ moment: { timeMs: 1_080 } });
  expect(it.main.holders).toEqual([]);
  it.moments.forget();
  expect(it.moments.nearest(640)).toBeUndefined();
});

test('a camera that sleeps is woken, its first picture answers, and all is given back', async () => {
  await using it = staged();
  it.events.ring('http', 1_000);
  expect(it.moments.nearest(640)).toBeUndefined();
  expect(it.main.holders).toEqual(['event']);
  it.publish(2_000);
  it.connected();
  it.publish(3_000);
  it.connected();
  expect(it.moments.nearest(640)).toMatchObject({ moment: { timeMs: 2_000 } });
  it.moments.forget();
  expect({ holders: it.main.holders, listeners: it.listeners.size }).toEqual({ holders: [], listeners: 0 });
});

test('a camera that nobody may look through is not woken by a press, and nothing is kept of it', async () => {
  await using it = staged(false);
  it.events.ring('http', 1_000);
  expect(it.main.holders).toEqual([]);
  it.publish(900);
  it.events.motion('mqtt', 1_000);
  expect(it.moments.nearest(640)).toBeUndefined();
});
