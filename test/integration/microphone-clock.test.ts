import { describe, expect, test } from '@jest/globals';
import type { MicrophoneClock } from '../support/camera/feed.js';
import type { AudioCodec } from '../support/camera/sound-formats.js';
import { listenTo, type FollowedStream } from '../support/followed-stream.js';
import { smallFootage } from '../support/house.js';

const viewed = { holder: 'test' } as const;
/** Speech that is a tone: no packet of AAC is empty. */
const tone = { toneHz: 440 } as const;

/** How late each packet that came after `sinceMs` came, beyond its end. */
function lateness({ packets }: FollowedStream, sinceMs: number): number[] {
  return packets.filter(({ arrivalMs }) => arrivalMs > sinceMs).map(({ arrivalMs, timeMs, durationMs }) => arrivalMs - timeMs - durationMs);
}

/** Milliseconds of sound that came after `sinceMs`. */
function heard({ packets }: FollowedStream, sinceMs: number): number {
  return packets.filter(({ arrivalMs }) => arrivalMs > sinceMs).reduce((sum, { durationMs }) => sum + durationMs, 0);
}

/** Opens a camera with such a microphone; resolves when its pictures have come for `seconds`. */
async function watched(microphoneClock: MicrophoneClock, audio: AudioCodec, seconds: number): Promise<FollowedStream> {
  const it = await listenTo({ main: { ...smallFootage, audio, sound: tone }, microphoneClock });
  const lease = it.stream.lease(viewed);
  await it.until(() => it.units.length > 0);
  const firstMs = performance.now();
  await it.until(() => performance.now() - firstMs > seconds * 1_000);
  lease[Symbol.dispose]();
  return it;
}

describe('a microphone whose clock is broken takes no picture away, and its sound is in step with them', () => {
  test.concurrent.each<[string, AudioCodec, MicrophoneClock]>([
    ['stands still, as its reports say', 'pcmu', { rate: 0 }],
    ['stands still, unlike its reports', 'pcmu', { rate: 0, reports: 'right' }],
    ['stands still, without reports', 'pcma', { rate: 0, reports: 'none' }],
    ['100 times too slow, with AAC', 'aac', { rate: 0.01 }],
    ['100 times too slow, unlike its reports, with AAC', 'aac32', { rate: 0.01, reports: 'right' }],
    ['stands still, with Opus', 'opus', { rate: 0, reports: 'right' }],
    ['twice as slow', 'pcmu', { rate: 0.5, reports: 'none' }],
    ['six times too fast', 'aac', { rate: 5.6, reports: 'none' }],
    ['right, without reports', 'pcmu', { reports: 'none' }],
  ])('%s (%s)', async (_name, audio, microphoneClock) => {
    await using it = await watched(microphoneClock, audio, 10);
    const endMs = performance.now();
    // Nobody asks this camera what it has; that MOV does not hold Opus takes a connection before the first picture.
    expect(it.stream.connections).toBe(audio === 'opus' ? 2 : 1);
    expect([...it.problems, ...it.soundProblems]).toEqual([]);
    const steps = it.units.slice(1).map(({ timeMs }, index) => timeMs - (it.units[index]?.timeMs ?? 0));
    expect(it.units.length).toBeGreaterThan(285);
    expect(Math.max(...steps)).toBeLessThan(100);
    // What came before the clock was seen to be wrong is told by the clock.
    const lateMs = lateness(it, endMs - 6_000);
    expect(Math.min(...lateMs)).toBeGreaterThan(-200);
    expect(Math.max(...lateMs)).toBeLessThan(700);
    expect(Math.abs(heard(it, endMs - 6_000) - 6_000)).toBeLessThan(700);
  }, 60_000);
});

describe('a microphone that is behind the picture by its reports is heard near the present', () => {
  test.concurrent.each([0, 300, 700, 850, 950, 1_200])('%i ms', async (behindMs) => {
    await using it = await watched({ behindMs }, 'pcmu', 8);
    const endMs = performance.now();
    const lateMs = lateness(it, endMs - 4_000);
    const inStep = behindMs < 1_000 ? behindMs : 0;
    expect(lateMs.length).toBeGreaterThan(180);
    expect(Math.min(...lateMs)).toBeGreaterThan(inStep - 150);
    expect(Math.max(...lateMs)).toBeLessThan(inStep + 350);
    expect(it.stream.connections).toBe(1);
    expect(it.problems).toEqual([]);
  }, 60_000);
});
