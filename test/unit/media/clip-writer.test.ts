import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { AacTrack, recordedSound } from '../../../src/media/aac-track.js';
import type { AccessUnit } from '../../../src/media/access-unit.js';
import { ClipWriter } from '../../../src/media/clip-writer.js';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../../../src/media/fmp4-reader.js';
import { videoFormatFromParameterSets } from '../../../src/media/video-format.js';
import { inspectClip } from '../../support/clip.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';
import { parameterSetFixtures } from './parameter-set-fixtures.js';

const sets = parameterSetFixtures.find(({ codec }) => codec === 'h264')?.sets ?? [];
const format = videoFormatFromParameterSets('h264', sets.map((set) => Buffer.from(set, 'hex')));

function unit(decodeTimeMs: number, keyframe: boolean, data: Uint8Array = Uint8Array.of(0, 0, 0, 1, 9), timeMs = decodeTimeMs): AccessUnit {
  return { format, data, keyframe, timeMs, decodeTimeMs };
}

function read(packets: readonly Buffer[]): { readonly tracks: readonly Fmp4Track[]; readonly samples: readonly Fmp4Sample[] } {
  let tracks: readonly Fmp4Track[] = [];
  const samples: Fmp4Sample[] = [];
  const reader = new Fmp4Reader({ onTracks: (found) => void (tracks = found), onSample: (sample) => void samples.push(sample) });
  for (const packet of packets) {
    reader.push(packet);
  }
  return { tracks, samples };
}

function boxTypes(packet: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at < packet.length; at += packet.readUInt32BE(at)) {
    types.push(packet.toString('latin1', at + 4, at + 8));
  }
  return types;
}

describe('packets', () => {
  const track = new AacTrack(7000);
  track.push(Uint8Array.of(1, 2, 3), 7000);
  const writer = new ClipWriter({ format, startMs: 7000, sound: true });
  const packets = [
    writer.initialization(),
    writer.fragment([unit(7000, true), unit(7040, false, Uint8Array.of(0, 0, 0, 2, 1, 2), 7120)], 7080, track.take(7064)),
    writer.fragment([unit(7080, true)], 7120, track.take(7128)),
  ];

  test('ftyp and moov, then moof and mdat in each, with both tracks', () => {
    expect(packets.map(boxTypes)).toEqual([['ftyp', 'moov'], ['moof', 'mdat'], ['moof', 'mdat']]);
    expect(inspectClip(packets).fragments.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 2]);
    expect(read(packets).tracks).toMatchObject([
      { id: 1, kind: 'video', codec: 'h264', timescale: 90_000, presentationOffset: 0 },
      { id: 2, kind: 'audio', codec: 'aac', timescale: 32_000, channels: 1, sampleRate: 32_000, config: recordedSound.config, presentationOffset: 0 },
    ]);
  });

  test('times count from the first picture, and the last one lasts until the end', () => {
    const facts = read(packets).samples.map(({ trackId, decodeTime, duration, compositionOffset, sync, data }) => [trackId, decodeTime, duration, compositionOffset, sync, data.length]);
    expect(facts).toEqual([
      [1, 0, 3600, 0, true, 5],
      [1, 3600, 3600, 7200, false, 6],
      [2, 0, 1024, 0, true, 3],
      [2, 1024, 1024, 0, true, 4],
      [1, 7200, 3600, 0, true, 5],
      [2, 2048, 1024, 0, true, 4],
      [2, 3072, 1024, 0, true, 4],
    ]);
  });

  test('without sound there is no track for it', () => {
    const silent = new ClipWriter({ format, startMs: 0, sound: false });
    const { tracks, samples } = read([silent.initialization(), silent.fragment([unit(0, true)], 40)]);
    expect(tracks.map(({ kind }) => kind)).toEqual(['video']);
    expect(samples).toHaveLength(1);
  });

  test('a fragment too short for a frame of sound has only pictures', () => {
    const { fragments } = inspectClip([...packets, writer.fragment([unit(7120, true)], 7125, track.take(7125))]);
    expect(fragments.at(-1)?.runs.map(({ trackId }) => trackId)).toEqual([1]);
  });
});

test('random clips: continuous, no drift, and every byte is there', () => {
  const random = seededRandom(33);
  for (let round = 0; round < 15; round++) {
    const startMs = random() * 1e8;
    const writer = new ClipWriter({ format, startMs, sound: false });
    const packets = [writer.initialization()];
    const frameMs = 1000 / (5 + 25 * random());
    const units = Array.from({ length: 500 }, (_, index) => unit(startMs + index * frameMs, index % 10 === 0, randomBytes(random, 5 + below(random, 20))));
    for (let at = 0; at < units.length; ) {
      const next = Math.min(units.length, at + 10 * (1 + below(random, 4)));
      packets.push(writer.fragment(units.slice(at, next), startMs + next * frameMs));
      at = next;
    }
    const { samples } = read(packets);
    expect(samples).toHaveLength(units.length);
    samples.forEach(({ decodeTime, duration, data }, index) => {
      expect(Math.abs(decodeTime - index * frameMs * 90)).toBeLessThanOrEqual(0.501);
      expect(decodeTime + duration).toBe(samples[index + 1]?.decodeTime ?? Math.round(500 * frameMs * 90));
      expect(Buffer.compare(data, units[index]?.data ?? Buffer.alloc(0))).toBe(0);
    });
  }
});
