import { describe, expect, test } from '@jest/globals';
import { listenTo } from '../support/followed-stream.js';
import { smallFootage } from '../support/house.js';

const viewed = { holder: 'test' } as const;

describe('sound lies in the ring as the camera sends it', () => {
  test.concurrent.each([
    ['pcmu', { codec: 'pcm_mulaw', sampleRate: 8_000, channels: 1 }, 20],
    ['pcma', { codec: 'pcm_alaw', sampleRate: 8_000, channels: 1 }, 20],
    ['aac', { codec: 'aac', sampleRate: 16_000, channels: 1 }, 64],
    ['aac32', { codec: 'aac', sampleRate: 32_000, channels: 1 }, 32],
    ['aac48stereo', { codec: 'aac', sampleRate: 48_000, channels: 2 }, 1024 / 48],
    ['opus', { codec: 'opus', sampleRate: 48_000, channels: 2 }, 20],
  ] as const)('%s', async (audio, format, packetMs) => {
    await using it = await listenTo({ main: { ...smallFootage, audio } });
    using _lease = it.stream.lease(viewed);
    await it.until(() => it.packets.length > 4_000 / packetMs);
    expect(it.stream.audio.format).toMatchObject(format);
    const steps = it.packets.slice(1).map(({ timeMs }, index) => timeMs - (it.packets[index]?.timeMs ?? 0));
    expect(steps.every((ms) => Math.abs(ms - packetMs) < 12)).toBe(true);
    const lateness = it.packets.map(({ timeMs, arrivalMs }) => arrivalMs - timeMs);
    expect(Math.min(...lateness)).toBeGreaterThan(-50);
    expect(Math.max(...lateness.slice(50))).toBeLessThan(1_500);
    expect(it.problems).toEqual([]);
  }, 60_000);
});

test.concurrent('a camera without a microphone that does not say so is connected without sound at once, and nobody is told', async () => {
  await using it = await listenTo({});
  using _lease = it.stream.lease(viewed);
  await it.until(() => it.units.length > 30);
  expect(it.problems).toEqual([]);
  expect(it.soundProblems).toEqual([]);
  expect(it.stream.connections).toBe(2);
  expect(it.camera.statistics().playing.main.now).toBe(1);
  it.camera.dropConnections();
  const before = it.units.length;
  await it.until(() => it.units.length > before + 30);
  expect(it.stream.connections).toBe(3); // It was remembered.
}, 60_000);

test.concurrent('sound is not asked for where nobody is to hear it', async () => {
  await using it = await listenTo({ main: { ...smallFootage, audio: 'pcmu' } }, false);
  using _lease = it.stream.lease(viewed);
  await it.until(() => it.units.length > 60);
  expect(it.packets).toEqual([]);
  expect(it.stream.connections).toBe(1);
}, 60_000);

test.concurrent('a microphone that is mute never holds up a picture, and its sound has the right time when it comes back', async () => {
  await using it = await listenTo({ main: { ...smallFootage, audio: 'pcmu' } });
  using _lease = it.stream.lease(viewed);
  await it.until(() => it.packets.length > 100);
  it.camera.muteMicrophone();
  const mutedMs = performance.now();
  await it.until(() => performance.now() - mutedMs > 4_000);
  const during = it.units.filter(({ arrivalMs }) => arrivalMs > mutedMs);
  expect(during.length).toBeGreaterThan(100);
  expect(Math.max(...during.map(({ timeMs, arrivalMs }) => arrivalMs - timeMs))).toBeLessThan(1_000);
  it.camera.unmuteMicrophone();
  const backMs = performance.now();
  await it.until(() => it.packets.filter(({ arrivalMs }) => arrivalMs > backMs + 1_000).length > 50);
  const newest = it.packets.at(-1);
  expect(Math.abs((newest?.arrivalMs ?? 0) - (newest?.timeMs ?? 0))).toBeLessThan(1_000);
}, 60_000);

describe('a camera that sets its clock goes on, pictures and sound', () => {
  test.concurrent.each([
    ['back by 10 s', -10_000, 2],
    ['back by an hour', -3_600_000, 2],
    ['forward by an hour', 3_600_000, 1],
    ['forward by 13 hours', 13 * 3_600_000, 2],
    ['forward by 50 years', 50 * 365 * 86_400_000, 2],
  ])('%s', async (_name, offsetMs, connections) => {
    await using it = await listenTo({ main: { ...smallFootage, audio: 'pcmu' } });
    using _lease = it.stream.lease({ ...viewed, waitedFor: true });
    await it.until(() => it.units.length > 120);
    it.camera.setClock(offsetMs);
    const setMs = performance.now();
    // The report comes within a second, the crawl shows in two, the new connection takes two more.
    await it.until(() => performance.now() - setMs > 12_000);
    const nowMs = performance.now();
    const later = it.units.filter(({ arrivalMs }) => arrivalMs > nowMs - 2_000);
    expect(later.length).toBeGreaterThan(45);
    expect((later.at(-1)?.timeMs ?? 0) - (later[0]?.timeMs ?? 0)).toBeGreaterThan(1_500);
    expect(Math.max(...later.map(({ timeMs, arrivalMs }) => Math.abs(arrivalMs - timeMs)))).toBeLessThan(1_000);
    const heard = it.packets.filter(({ arrivalMs }) => arrivalMs > nowMs - 2_000);
    expect(heard.length).toBeGreaterThan(60);
    expect(Math.abs((heard.at(-1)?.timeMs ?? 0) - nowMs)).toBeLessThan(1_500);
    expect(it.problems.map(({ code }) => code)).toEqual(Array.from({ length: connections - 1 }, () => 'camera-clock-set'));
    expect(it.stream.connections).toBe(connections);
  }, 60_000);
});
