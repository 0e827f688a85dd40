import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { aacEldConfig, aacEldSbrConfig, parseAudioSpecificConfig } from '../../../src/media/audio-specific-config.js';
import { aacSampleEntry, opusSampleEntry } from '../../../src/media/fmp4-audio-entries.js';
import { Fmp4Reader, type Fmp4Track } from '../../../src/media/fmp4-reader.js';
import { writeInit } from '../../../src/media/fmp4-writer.js';
import { BitWriter } from './bit-writer.js';

function readTrack(sampleEntry: Uint8Array, timescale: number): Fmp4Track | undefined {
  let track: Fmp4Track | undefined;
  new Fmp4Reader({ onTracks: (tracks) => (track = tracks[0]), onSample: () => undefined }).push(writeInit({ codec: 'copied', sampleEntry, timescale }));
  return track;
}

test('an entry of Opus is laid out as its encapsulation says', () => {
  const entry = opusSampleEntry({ channels: 2, inputSampleRate: 16_000, preSkip: 312 });
  expect(entry.toString('hex')).toBe(
    '00000037' + '4f707573' + '000000000000' + '0001' + '0000000000000000' + '0002' + '0010' + '00000000' + 'bb800000' + // AudioSampleEntry
      '00000013' + '644f7073' + '00' + '02' + '0138' + '00003e80' + '0000' + '00', // dOps
  );
  expect(readTrack(entry, 48_000)).toMatchObject({ kind: 'audio', codec: 'opus', channels: 2, sampleRate: 48_000, sampleEntry: new Uint8Array(entry) });
});

// By hand, from ISO/IEC 14496-3 1.6.2.1 and ELDSpecificConfig: object type 31 + 7 (39), rate, one channel, frame length flag, three resilience
// flags, no SBR, no extension, epConfig 0.
test.each([
  [16_000, 480, 8, 1],
  [16_000, 512, 8, 0],
  [24_000, 480, 6, 1],
  [24_000, 512, 6, 0],
] as const)('AAC-ELD at %i Hz with frames of %i samples is configured so, and read from its entry', (sampleRate, frameLength, index, flag) => {
  const bits = new BitWriter().u(5, 31).u(6, 7).u(4, index).u(4, 1).u(1, flag).u(3, 0).u(1, 0).u(4, 0).u(2, 0);
  const config = aacEldConfig(sampleRate, frameLength);
  // The bit writer ends with a stop bit; the config has zeros there.
  const expected = Buffer.from(bits.u(2, 0).toNal()).subarray(0, 4);
  expect(Buffer.from(config).toString('hex')).toBe(expected.toString('hex'));
  expect(parseAudioSpecificConfig(config)).toEqual({ channels: 1, sampleRate });
  const entry = aacSampleEntry({ config, channels: 1, sampleRate });
  expect(readTrack(entry, sampleRate)).toMatchObject({ kind: 'audio', codec: 'aac', config, channels: 1, sampleRate });
});

test('the AAC-ELD configuration of 16 kHz and 480 samples is F8F03000', () => {
  expect(Buffer.from(aacEldConfig(16_000, 480)).toString('hex')).toBe('f8f03000');
});

// As above, with SBR at the core's rate (1, 0), no CRC, and an SBR header (4.4.2.8): amplitude resolution, start, stop, crossover, reserved, its first
// extra fields only, frequency scale, alter scale, noise bands.
test('AAC-ELD with SBR is configured so, and read: F8F0312C00BC00', () => {
  const header = new BitWriter().u(5, 31).u(6, 7).u(4, 8).u(4, 1).u(1, 1).u(3, 0).u(1, 1).u(1, 0).u(1, 0);
  const sbr = header.u(1, 1).u(4, 6).u(4, 0).u(3, 0).u(2, 0).u(1, 1).u(1, 0).u(2, 3).u(1, 1).u(2, 2);
  const expected = Buffer.from(sbr.u(4, 0).u(2, 0).u(3, 0).toNal()).subarray(0, 7);
  const config = aacEldSbrConfig();
  expect(Buffer.from(config).toString('hex')).toBe(expected.toString('hex'));
  expect(Buffer.from(config).toString('hex')).toBe('f8f0312c00bc00');
  expect(parseAudioSpecificConfig(config)).toEqual({ channels: 1, sampleRate: 16_000 });
});
