import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../../../src/media/fmp4-reader.js';
import { FormatError } from '../../../src/media/format-error.js';
import { type SampleToWrite, writeFragment, writeFragmentOfTracks, writeInit } from '../../../src/media/fmp4-writer.js';
import { videoFormatFromParameterSets, videoFormatFromTrack } from '../../../src/media/video-format.js';
import { audioEntry, box } from './hand-made-boxes.js';
import { parameterSetFixtures } from './parameter-set-fixtures.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';

const formats = parameterSetFixtures.map(({ name, codec, sets }) => ({ name, codec, format: videoFormatFromParameterSets(codec, sets.map((set) => Buffer.from(set, 'hex'))) }));
const audio = { codec: 'aac', config: Uint8Array.of(0x14, 0x08), channels: 1, sampleRate: 16_000, timescale: 16_000 } as const;

interface Reading {
  readonly tracks: readonly Fmp4Track[];
  readonly samples: readonly Fmp4Sample[];
  readonly error: unknown;
}

function read(chunks: Iterable<Uint8Array>): Reading {
  let tracks: readonly Fmp4Track[] = [];
  const samples: Fmp4Sample[] = [];
  let error: unknown;
  const reader = new Fmp4Reader({ onTracks: (found) => void (tracks = found), onSample: (sample) => void samples.push(sample) });
  try {
    for (const chunk of chunks) {
      reader.push(chunk);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { tracks, samples, error };
}

const picture = (length: number, keyframe = false, compositionOffsetTicks = 0): SampleToWrite => ({ data: Buffer.alloc(length, length), durationTicks: 3000, keyframe, compositionOffsetTicks });

describe.each(formats)('$codec $name', ({ format }) => {
  test('the reader finds the same track again', () => {
    const { tracks } = read([writeInit({ ...format, timescale: 90_000 })]);
    expect(tracks).toMatchObject([{ id: 1, kind: 'video', codec: format.codec, timescale: 90_000, presentationOffset: 0, width: format.width, height: format.height }]);
    const [track] = tracks;
    expect(track && videoFormatFromTrack(track)).toEqual(format);
  });
});

test('samples come back with their times, flags and bytes, and were not copied on the way out', () => {
  const samples = [picture(7, true, 6000), picture(3, false, -3000), picture(0)];
  const parts = writeFragment({ sequence: 9, samples, baseDecodeTimeTicks: 2 ** 40 + 1 });
  expect(parts.slice(1)).toEqual(samples.map(({ data }) => data));
  expect(parts.slice(1).every((part, index) => part === samples[index]?.data)).toBe(true);
  const format = formats[0]?.format;
  expect(read([...(format ? [writeInit({ ...format, timescale: 90_000 })] : []), ...parts]).samples).toEqual([
    { trackId: 1, decodeTime: 2 ** 40 + 1, compositionOffset: 6000, duration: 3000, sync: true, data: samples[0]?.data },
    { trackId: 1, decodeTime: 2 ** 40 + 3001, compositionOffset: -3000, duration: 3000, sync: false, data: samples[1]?.data },
    { trackId: 1, decodeTime: 2 ** 40 + 6001, compositionOffset: 0, duration: 3000, sync: false, data: samples[2]?.data },
  ]);
});

test('picture and sound in one fragment', () => {
  const format = formats[0]?.format;
  const init = format ? writeInit({ ...format, timescale: 90_000 }, audio) : Buffer.alloc(0);
  const sound = { data: Buffer.from('sound'), durationTicks: 1024, keyframe: true, compositionOffsetTicks: 0 };
  const parts = writeFragmentOfTracks(1, [
    { trackId: 1, baseDecodeTimeTicks: 90_000, samples: [picture(9, true), picture(5)] },
    { trackId: 2, baseDecodeTimeTicks: 16_000, samples: [sound, sound] },
  ]);
  const { tracks, samples } = read([init, ...parts]);
  expect(tracks[1]).toMatchObject({ id: 2, kind: 'audio', codec: 'aac', config: audio.config, channels: 1, sampleRate: 16_000, timescale: 16_000 });
  expect(samples.map(({ trackId, decodeTime, data }) => [trackId, decodeTime, data.length])).toEqual([[1, 90_000, 9], [1, 93_000, 5], [2, 16_000, 5], [2, 17_024, 5]]);
  expect(Buffer.from(samples[3]?.data ?? []).toString()).toBe('sound');
});

test('sound passed on by its sample entry keeps it to the byte, and is no MP4 any more', () => {
  const entry = audioEntry('mp4a', { version: 1, channels: 2, sampleRate: 16_000 }, box('wave', box('frma', Buffer.from('mp4a'))), box('chan', [0]));
  const init = writeInit({ codec: 'copied', sampleEntry: entry, timescale: 16_000 });
  const { tracks } = read([init]);
  expect(init.toString('latin1', 8, 12)).toBe('qt  ');
  expect(tracks).toMatchObject([{ id: 1, kind: 'audio', codec: 'aac', channels: 2, sampleRate: 16_000, timescale: 16_000, sampleEntry: new Uint8Array(entry) }]);
  expect(writeInit(audio).toString('latin1', 8, 12)).toBe('iso5');
});

describe('a stream in pieces, cut and damaged', () => {
  const format = formats[0]?.format;
  const fragments = Array.from({ length: 4 }, (_, index) => writeFragment({ sequence: index + 1, baseDecodeTimeTicks: index * 6000, samples: [picture(20 + index, index === 0, 3000), picture(2)] })).flat();
  const stream = Buffer.concat([...(format ? [writeInit({ ...format, timescale: 90_000 })] : []), ...fragments]);
  const whole = read([stream]);

  test('it is whole in one piece', () => {
    expect(whole.samples).toHaveLength(8);
  });

  test('byte by byte it is the same', () => {
    expect(read(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test('cut in two at any place it is the same', () => {
    for (let at = 0; at <= stream.length; at++) {
      expect(read([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole);
    }
  });

  test('ended at any place it gives what was complete, without an error', () => {
    for (let at = 0; at <= stream.length; at++) {
      const { samples, error } = read([stream.subarray(0, at)]);
      expect(error).toBeUndefined();
      expect(samples).toEqual(whole.samples.slice(0, samples.length));
    }
  });

  test('with any bit turned it gives samples or a FormatError, in bounded memory', () => {
    for (let bit = 0; bit < stream.length * 8; bit++) {
      const damaged = Buffer.from(stream);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { samples, error } = read([damaged]);
      expect(error === undefined || error instanceof FormatError).toBe(true);
      expect(samples.length).toBeLessThan(100_000);
    }
  });

  test('with random words put in it gives samples or a FormatError', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 5000; round++) {
      const damaged = Buffer.from(stream);
      for (let change = below(random, 4); change >= 0; change--) {
        damaged.set(randomBytes(random, 1 + below(random, 4)), below(random, damaged.length - 4));
      }
      const { error } = read([damaged]);
      expect(error === undefined || error instanceof FormatError).toBe(true);
    }
  });

  test('random bytes are refused at the first box', () => {
    const random = seededRandom(12);
    for (let round = 0; round < 2000; round++) {
      const { error } = read([randomBytes(random, 64)]);
      expect(error === undefined || error instanceof FormatError).toBe(true);
    }
  });
});
