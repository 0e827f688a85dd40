import { describe, expect, test } from '@jest/globals';
import type { RtspTransport } from '../../src/media/camera-source.js';
import { startCamera, type CameraSettings } from '../support/camera/rtsp-camera.js';
import { readMarks } from '../support/camera/marks.js';
import { followSource } from '../support/followed-source.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { makeSelfSigned } from '../support/mqtt/certificate.js';
import { decodeUnits, longestGap } from '../support/seen-pictures.js';
import { toneOf } from '../support/sound/tone-of.js';

const toneHz = 1_000;
const heard = { main: { ...smallFootage, audio: 'aac', sound: { toneHz } } } as const;

/** A camera that is gone with the test. */
async function opened(settings: Partial<CameraSettings>) {
  const camera = await startCamera({ ...heard, ...settings, ffmpegPath });
  return { camera, [Symbol.asyncDispose]: () => camera.close() };
}

describe('RTSP comes in by each way', () => {
  test.concurrent.each<[string, Partial<CameraSettings>, RtspTransport]>([
    ['TCP', { transports: ['tcp'] }, 'tcp'],
    ['UDP', { transports: ['udp'] }, 'udp'],
    ['inside HTTP, where nothing else passes', { tunnel: 'only' }, 'http'],
    ['inside HTTP, with a login', { tunnel: 'only', authentication: { method: 'digest', user: 'joe', password: 'hunter2' } }, 'http'],
    ['TLS, with a certificate that signs itself', { encrypted: makeSelfSigned('127.0.0.1') }, 'tcp'],
  ])('%s', async (_name, settings, transport) => {
    await using served = await opened(settings);
    await using it = followSource(served.camera.url('main'), transport);
    await it.until(() => it.units.length > 100 && it.packets.length > 45);
    expect(Math.abs((it.stream.measure()?.fps ?? NaN) - 30)).toBeLessThan(1.5);
    expect(longestGap(it.units, 30)).toBe(0);
    const { luma, errors } = await decodeUnits(it.units, smallFootage);
    const counters = luma.map((picture) => readMarks(picture, smallFootage.width, smallFootage.height)?.counter ?? -1);
    expect(counters.slice(1).every((counter, index) => counter === ((counters[index] ?? 0) + 1) % 120)).toBe(true);
    expect(errors).toBe('');
    expect(await toneOf(it.packets)).toMatchObject({ hz: expect.closeTo(toneHz, -1), share: expect.closeTo(1, 0) });
    expect([...it.problems, ...it.soundProblems]).toEqual([]);
    const before = it.units.length;
    served.camera.dropConnections();
    await it.until(() => it.units.length > before + 60);
    expect(it.problems.map(({ code }) => code)).toEqual(['camera-closed']);
    expect(it.lines.join('\n')).not.toContain('hunter2');
  }, 60_000);
});

test.concurrent('packets that are lost on UDP cost pictures, but neither the connection nor what follows', async () => {
  await using served = await opened({ transports: ['udp'] });
  await using it = followSource(served.camera.url('main'), 'udp');
  await it.until(() => it.units.length > 30);
  served.camera.loseEvery(50);
  const before = it.units.length;
  await it.until(() => it.units.length > before + 90);
  served.camera.loseEvery(0);
  const lossy = it.units.length;
  await it.until(() => it.units.length > lossy + 150);
  const { luma } = await decodeUnits(it.units.slice(lossy + 60), smallFootage);
  expect(luma.length).toBeGreaterThan(0);
  expect(longestGap(it.units.slice(lossy + 10), 30)).toBe(0);
  expect(it.problems).toEqual([]);
  expect(it.stream.connections).toBe(1);
}, 60_000);
