import { expect, test } from '@jest/globals';
import type { AudioFormat, AudioPacket } from '../../../src/media/audio-packet.js';
import { AudioStream } from '../../../src/pipeline/sound/audio-stream.js';

const format: AudioFormat = { codec: 'pcm_mulaw', sampleRate: 8000, channels: 1, config: new Uint8Array(), sampleEntry: new Uint8Array() };
const packet = (timeMs: number, bytes = 160): AudioPacket => ({ format, data: new Uint8Array(bytes), timeMs, durationMs: 20 });

function filled(count: number): AudioStream {
  const audio = new AudioStream({ pastMs: 10_000, bytes: 1_000_000 });
  for (let index = 0; index < count; index++) {
    audio.publish(packet(index * 20));
  }
  return audio;
}

test('a reader begins with what is still heard at its time, and gets every packet once', () => {
  const audio = filled(100);
  using reader = audio.read(1_010, () => undefined);
  expect(reader.next()?.timeMs).toBe(1_000);
  expect(reader.next()?.timeMs).toBe(1_020);
  for (let index = 52; index < 100; index++) {
    expect(reader.next()?.timeMs).toBe(index * 20);
  }
  expect(reader.next()).toBeUndefined();
  audio.publish(packet(2_000));
  expect(reader.next()?.timeMs).toBe(2_000);
});

test('what comes only now and was heard before a reader\'s time is passed over: an encoder begins in the past', () => {
  const audio = filled(0);
  using reader = audio.read(1_010, () => undefined);
  [900, 980, 1_000, 1_020].forEach((timeMs) => audio.publish(packet(timeMs)));
  expect([reader.next(), reader.next(), reader.next()].map((next) => next?.timeMs)).toEqual([1_000, 1_020, undefined]);
});

test('the ring is bounded in seconds and in bytes, and a reader that was too slow goes on with what is left', () => {
  const audio = filled(10);
  using reader = audio.read(0, () => undefined);
  for (let index = 10; index < 2_000; index++) {
    audio.publish(packet(index * 20));
  }
  expect(audio.bytes).toBeLessThanOrEqual(160 * 502);
  expect(reader.next()?.timeMs).toBe(39_980 - 10_000);
  for (let index = 2_000; index < 2_010; index++) {
    audio.publish(packet(index * 20, 400_000));
  }
  expect(audio.bytes).toBeLessThanOrEqual(1_000_000);
});

test('a reader that begins in the future waits for it, and is woken', () => {
  const audio = filled(10);
  let woken = 0;
  const reader = audio.read(10_000, () => (woken += 1));
  expect(reader.next()).toBeUndefined();
  audio.publish(packet(200));
  expect(woken).toBe(1);
  reader[Symbol.dispose]();
  audio.publish(packet(220));
  expect(woken).toBe(1);
});

test('between connections it is not known whether there is sound', () => {
  const audio = filled(10);
  expect(audio.format).toBe(format);
  audio.interrupt();
  expect(audio.format).toBeUndefined();
  audio.clear();
  expect(audio.bytes).toBe(0);
});
