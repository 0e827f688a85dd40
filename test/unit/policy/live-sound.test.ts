import { expect, test } from '@jest/globals';
import { decibels, eldFrameSamples, liveSoundKey, liveSoundSettings, packetMsOf, type SoundRequest } from '../../../src/policy/live-sound.js';

const asked: SoundRequest = { codec: 'opus', sampleRate: 16_000, constantBitrate: false, bitrateKbps: 24, packetMs: 20 };
const plain = { audioGain: 0, noiseFilter: false };

test.each<[string, Partial<SoundRequest>, object, number]>([
  ['20 ms: a frame a packet', {}, { frameMs: 20, sampleRate: 16_000, bitrateKbps: 24 }, 20],
  ['30 ms, which no frame of Opus lasts: of three', { packetMs: 30 }, { frameMs: 10 }, 30],
  ['40 ms: of the frames that others get too', { packetMs: 40 }, { frameMs: 20 }, 40],
  ['60 ms, away from home', { packetMs: 60 }, { frameMs: 20 }, 60],
  ['no packet time', { packetMs: 0 }, { frameMs: 10 }, 10],
  ['one that no packet of HomeKit has', { packetMs: 200 }, { frameMs: 20 }, 60],
  ['24 kHz', { sampleRate: 24_000 }, { sampleRate: 24_000 }, 20],
  ['a rate that is not offered', { sampleRate: 8_000 }, { sampleRate: 16_000 }, 20],
  ['no bitrate', { bitrateKbps: 0 }, { bitrateKbps: 24 }, 20],
  ['more than can be heard', { bitrateKbps: 510 }, { bitrateKbps: 96 }, 20],
  ['less than can be listened to', { bitrateKbps: 6 }, { bitrateKbps: 12 }, 20],
  ['constant bitrate', { constantBitrate: true }, { constantBitrate: true }, 20],
  ['AAC-ELD: a frame a packet', { codec: 'aac-eld', packetMs: 30 }, { codec: 'aac-eld', frameMs: 30, sampleRate: 16_000 }, 30],
  ['AAC-ELD away from home: the same', { codec: 'aac-eld', packetMs: 60 }, { frameMs: 30 }, 30],
  ['AAC-ELD at a rate that is not offered', { codec: 'aac-eld', sampleRate: 24_000, packetMs: 20 }, { frameMs: 30, sampleRate: 16_000 }, 30],
  ['AAC-ELD at another bitrate, which would be another SBR', { codec: 'aac-eld', bitrateKbps: 64 }, { bitrateKbps: 24 }, 30],
])('%s', (_name, changed, expected, packetMs) => {
  const request = { ...asked, ...changed };
  expect(liveSoundSettings(request, plain, 100)).toMatchObject(expected);
  expect(packetMsOf(request)).toBe(packetMs);
});

test('who needs the same shares an encoder, whatever the packets', () => {
  const key = (request: Partial<SoundRequest>, volume = 100): string => liveSoundKey(liveSoundSettings({ ...asked, ...request }, plain, volume));
  expect(key({ packetMs: 60 })).toBe(key({ packetMs: 20 }));
  const different = [key({}), key({ packetMs: 30 }), key({ sampleRate: 24_000 }), key({ bitrateKbps: 32 }), key({ constantBitrate: true }), key({}, 50), key({ codec: 'aac-eld' })];
  expect(new Set(different).size).toBe(different.length);
});

test('a frame of AAC-ELD has as many samples as viewers take it to have', () => {
  const { frameMs, sampleRate } = liveSoundSettings({ ...asked, codec: 'aac-eld' }, plain, 100);
  expect((frameMs * sampleRate) / 1000).toBe(eldFrameSamples);
});

test('what the camera is set to and the volume in the Home app come together', () => {
  expect(liveSoundSettings(asked, { audioGain: 10, noiseFilter: true }, 50)).toMatchObject({ gainDb: 4, lessNoise: true });
});

test.each([
  [100, 0],
  [50, -6],
  [10, -20],
  [1, -40],
  [0, -40],
])('a volume of %d is %d dB', (volume, db) => {
  expect(decibels(volume)).toBe(db);
});
