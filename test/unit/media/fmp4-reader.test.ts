import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../../../src/media/fmp4-reader.js';
import { FormatError } from '../../../src/media/format-error.js';
import { audioEntry, box, moov, trak, videoEntry, wideBox, words } from './hand-made-boxes.js';

function read(...parts: readonly Uint8Array[]): { tracks: readonly Fmp4Track[]; samples: Fmp4Sample[] } {
  let tracks: readonly Fmp4Track[] = [];
  const samples: Fmp4Sample[] = [];
  const reader = new Fmp4Reader({ onTracks: (found) => void (tracks = found), onSample: (sample) => void samples.push(sample) });
  for (const part of parts) {
    reader.push(part);
  }
  return { tracks, samples };
}

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const plainTrack = trak({ entry: videoEntry('jpeg') });
/** Duration 40, size 3, non-sync where a fragment says nothing else. */
const plainMovie = moov([plainTrack], [[1, 1, 40, 3, 0x10000]]);
const defaultBaseIsMoof = 0x20000;

/** A moof, with `offset` standing for where the mdat's content begins, counted from the moof. */
function fragment(build: (offset: number) => readonly Uint8Array[], data: Uint8Array): Buffer {
  const moofOf = (offset: number): Buffer => box('moof', box('mfhd', [0, 1]), ...build(offset));
  return Buffer.concat([moofOf(moofOf(0).length + 8), box('mdat', data)]);
}

describe('fragment headers', () => {
  test('what trun and tfhd leave out comes from trex', () => {
    const { samples } = read(plainMovie, fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('tfdt', [0, 1000]), box('trun', [0x1, 2, offset]))], bytes(1, 2, 3, 4, 5, 6)));
    expect(samples).toEqual([
      { trackId: 1, decodeTime: 1000, compositionOffset: 0, duration: 40, sync: false, data: bytes(1, 2, 3) },
      { trackId: 1, decodeTime: 1040, compositionOffset: 0, duration: 40, sync: false, data: bytes(4, 5, 6) },
    ]);
  });

  test('tfhd goes before trex: description index, duration, size and flags', () => {
    const tfhd = box('tfhd', [defaultBaseIsMoof | 0x3a, 1, 7, 25, 2, 0]);
    const { samples } = read(plainMovie, fragment((offset) => [box('traf', tfhd, box('trun', [0x1, 2, offset]))], bytes(1, 2, 3, 4)));
    expect(samples).toEqual([
      { trackId: 1, decodeTime: 0, compositionOffset: 0, duration: 25, sync: true, data: bytes(1, 2) },
      { trackId: 1, decodeTime: 25, compositionOffset: 0, duration: 25, sync: true, data: bytes(3, 4) },
    ]);
  });

  test('trun goes before tfhd: duration, size, flags and signed composition offset of each sample', () => {
    const trun = box('trun', [0x01000f01, 2], [0], [10, 1, 0x10000, -5, 20, 2, 0, 5]);
    const { samples } = read(
      plainMovie,
      fragment((offset) => {
        trun.writeUInt32BE(offset, 16);
        return [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), trun)];
      }, bytes(1, 2, 3)),
    );
    expect(samples).toEqual([
      { trackId: 1, decodeTime: 0, compositionOffset: -5, duration: 10, sync: false, data: bytes(1) },
      { trackId: 1, decodeTime: 10, compositionOffset: 5, duration: 20, sync: true, data: bytes(2, 3) },
    ]);
  });

  test('composition offsets of trun version 0 are never negative', () => {
    const { samples } = read(plainMovie, fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('trun', [0x801, 1, offset, 0xffff_fff0]))], bytes(1, 2, 3)));
    expect(samples[0]?.compositionOffset).toBe(0xffff_fff0);
  });

  test('first_sample_flags is for the first sample only', () => {
    const { samples } = read(plainMovie, fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('trun', [0x5, 3, offset, 0x02000000]))], Buffer.alloc(9)));
    expect(samples.map(({ sync }) => sync)).toEqual([true, false, false]);
  });

  test('several runs: one with its own data offset, one that follows on', () => {
    const runs = (offset: number): Buffer[] => [box('trun', [0x1, 1, offset + 3]), box('trun', [0, 1]), box('trun', [0x1, 1, offset])];
    const { samples } = read(plainMovie, fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), ...runs(offset))], bytes(7, 8, 9, 1, 2, 3, 4, 5, 6)));
    expect(samples.map(({ data }) => [...data])).toEqual([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
    expect(samples.map(({ decodeTime }) => decodeTime)).toEqual([0, 40, 80]);
  });

  test('several tracks: without flags the second begins where the data of the first ends', () => {
    const movie = moov([trak({ entry: videoEntry('jpeg') }), trak({ id: 2, handler: 'soun', entry: audioEntry('alaw', {}) })], [[1, 1, 40, 3, 0], [2, 1, 20, 2, 0]]);
    const { samples } = read(movie, fragment((offset) => [box('traf', box('tfhd', [0, 1]), box('trun', [0x1, 1, offset])), box('traf', box('tfhd', [0, 2]), box('trun', [0, 1]))], bytes(1, 2, 3, 4, 5)));
    expect(samples.map(({ trackId, data }) => [trackId, ...data])).toEqual([[1, 1, 2, 3], [2, 4, 5]]);
  });

  test('base_data_offset counts from the first byte of the stream', () => {
    const before = Buffer.concat([box('ftyp', [0, 0]), plainMovie]);
    const { samples } = read(before, fragment((offset) => [box('traf', box('tfhd', [1, 1, 0, before.length + offset]), box('trun', [0, 1]))], bytes(1, 2, 3)));
    expect(samples.map(({ data }) => [...data])).toEqual([[1, 2, 3]]);
  });

  test('baseMediaDecodeTime of 64 bits, then fragments without tfdt', () => {
    const first = fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('tfdt', [0x01000000, 3, 5]), box('trun', [0x1, 1, offset]))], bytes(1, 2, 3));
    const next = fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('trun', [0x1, 1, offset]))], bytes(4, 5, 6));
    expect(read(plainMovie, first, next).samples.map(({ decodeTime }) => decodeTime)).toEqual([3 * 2 ** 32 + 5, 3 * 2 ** 32 + 45]);
  });

  test('samples of other tracks than video and audio are passed over', () => {
    const movie = moov([plainTrack, trak({ id: 2, handler: 'meta', entry: box('mett', [0, 1]) })], [[1, 1, 40, 3, 0], [2, 1, 40, 2, 0]]);
    const { tracks, samples } = read(movie, fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 2]), box('trun', [0x1, 1, offset]))], bytes(1, 2)));
    expect(tracks.map(({ id }) => id)).toEqual([1]);
    expect(samples).toEqual([]);
  });
});

describe('memory', () => {
  const one = fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('trun', [0x201, 1, offset, 5000]))], Buffer.alloc(5000, 9));

  test('a single sample holds its own memory and not a byte more', () => {
    const { samples } = read(plainMovie, one);
    expect(samples[0]?.data.buffer.byteLength).toBe(5000);
  });

  test('the chunk may be used again', () => {
    const chunk = Buffer.concat([plainMovie, one]);
    const { samples } = read(chunk);
    chunk.fill(0);
    expect(samples[0]?.data.every((byte) => byte === 9)).toBe(true);
  });
});

describe('boxes around the media', () => {
  const sample = fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('trun', [0x1, 1, offset]))], bytes(1, 2, 3));

  test('unknown, empty and 64-bit boxes are passed over, and may be large', () => {
    const { samples } = read(box('ftyp', [1]), box('wide'), wideBox('free', Buffer.alloc(5 << 20)), box('\xa9abc', [1]), plainMovie, box('uuid', [1, 2, 3, 4]), sample, box('mfra', Buffer.alloc(33 << 20)), box('free', [1]));
    expect(samples).toHaveLength(1);
  });

  test('mdat of 64-bit size', () => {
    const moof = box('moof', box('mfhd', [0, 1]), box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('trun', [0x1, 1, 0])));
    moof.writeUInt32BE(moof.length + 16, moof.length - 4);
    expect(read(plainMovie, moof, wideBox('mdat', bytes(1, 2, 3))).samples.map(({ data }) => [...data])).toEqual([[1, 2, 3]]);
  });

  test('a second moov begins anew', () => {
    const other = moov([trak({ id: 5, entry: videoEntry('jpeg') })], [[5, 1, 1, 1, 0]]);
    const { tracks, samples } = read(plainMovie, sample, other, fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 5]), box('trun', [0x1, 1, offset]))], bytes(8)));
    expect(tracks.map(({ id }) => id)).toEqual([5]);
    expect(samples.map(({ trackId }) => trackId)).toEqual([1, 5]);
  });
});

describe('tracks', () => {
  const offsetOf = (edits: Uint8Array): number | undefined => read(moov([trak({ timescale: 90_000, entry: videoEntry('jpeg'), edits })], [])).tracks[0]?.presentationOffset;

  test.each([
    ['no edits', words(0, 0), 0],
    ['media starts later than its first sample', words(0, 1, 0, 3003, 0x10000), -3003],
    ['empty edit of 1.1 s', words(0, 2, 1100, -1, 0x10000, 0, 3003, 0x10000), 99_000 - 3003],
    ['two empty edits', words(0, 3, 100, -1, 0x10000, 50, -1, 0x10000, 0, 0, 0x10000), 13_500],
    ['64-bit edits', words(0x01000000, 2, 0, 1100, -1, -1, 0x10000, 0, 0, 0, 3003, 0x10000), 99_000 - 3003],
    ['only what comes before the first normal edit counts', words(0, 3, 10, 500, 0x10000, 100, -1, 0x10000, 0, 0, 0x10000), -500],
  ])('%s', (_, edits, offset) => {
    expect(offsetOf(edits)).toBe(offset);
  });

  test('headers with 64-bit times', () => {
    const { tracks } = read(moov([trak({ id: 3, timescale: 600, version: 1, entry: videoEntry('jpeg') })], []));
    expect(tracks).toEqual([{ id: 3, kind: 'video', timescale: 600, codec: 'jpeg', config: new Uint8Array(), width: 640, height: 360, presentationOffset: 0 }]);
  });

  const dOps = box('dOps', bytes(0, 2, 0, 56, 0, 0, 0xbb, 0x80, 0, 0, 0));
  /** Bit rates and buffer size are 0; MP3 has no config. */
  const esds = (objectType: number, ...config: readonly number[]): Buffer => {
    const specific = config.length > 0 ? [5, config.length, ...config] : [];
    return box('esds', [0], bytes(3, 18 + specific.length, 0, 1, 0, 4, 13 + specific.length, objectType, 0x15, ...Array<number>(11).fill(0), ...specific));
  };

  test.each([
    ['G.711', audioEntry('ulaw', {}), { codec: 'pcm_mulaw', channels: 1, sampleRate: 8000 }],
    ['G.711 in QuickTime version 1', audioEntry('alaw', { version: 1 }, box('chan', [0])), { codec: 'pcm_alaw', channels: 1, sampleRate: 8000 }],
    ['QuickTime version 2', audioEntry('lpcm', { version: 2, channels: 2, sampleRate: 96_000 }), { codec: 'lpcm', channels: 2, sampleRate: 96_000 }],
    ['Opus', audioEntry('Opus', { channels: 1, sampleRate: 48_000 }, dOps), { codec: 'opus', channels: 2, sampleRate: 48_000 }],
    ['AAC whose entry says 2 channels and whose config 1', audioEntry('mp4a', { channels: 2, sampleRate: 44_100 }, esds(0x40, 0x14, 0x08)), { codec: 'aac', channels: 1, sampleRate: 16_000, config: Uint8Array.of(0x14, 0x08) }],
    ['AAC in a QuickTime wave box', audioEntry('mp4a', { version: 1 }, box('wave', box('frma', bytes(0x6d, 0x70, 0x34, 0x61)), esds(0x40, 0x12, 0x10), words(8, 0))), { codec: 'aac', channels: 2, sampleRate: 44_100 }],
    ['AAC with SBR', audioEntry('mp4a', {}, esds(0x40, 0x2b, 0x11, 0x88, 0)), { codec: 'aac', channels: 2, sampleRate: 48_000 }],
    ['MP3', audioEntry('mp4a', { channels: 2, sampleRate: 44_100 }, esds(0x6b)), { codec: 'mp3', channels: 2, sampleRate: 44_100 }],
    ['a rate that the entry cannot hold', audioEntry('fLaC', { sampleRate: 0 }), { codec: 'fLaC', sampleRate: 1000 }],
  ])('%s', (_, entry, expected) => {
    expect(read(moov([trak({ handler: 'soun', entry })], [])).tracks[0]).toMatchObject({ kind: 'audio', ...expected });
  });

  test('NAL lengths of two bytes come out as four', () => {
    const avcC = box('avcC', bytes(1, 100, 0, 31, 0xfd, 0xe0, 0));
    const { samples } = read(
      moov([trak({ entry: videoEntry('avc1', avcC) })], [[1, 1, 40, 5, 0]]),
      fragment((offset) => [box('traf', box('tfhd', [defaultBaseIsMoof, 1]), box('trun', [0x1, 1, offset]))], bytes(0, 3, 0x65, 1, 2)),
    );
    expect(samples.map(({ data }) => [...data])).toEqual([[0, 0, 0, 3, 0x65, 1, 2]]);
  });
});

describe('damage is a FormatError', () => {
  const moofOf = (...parts: readonly Uint8Array[]): Buffer => box('moof', box('mfhd', [0, 1]), box('traf', ...parts));
  const tfhd = box('tfhd', [defaultBaseIsMoof, 1]);

  test.each<[string, readonly Uint8Array[]]>([
    ['size 0', [words(0), Buffer.from('free')]],
    ['size smaller than the header', [words(7), Buffer.from('free')]],
    ['64-bit size smaller than the header', [words(1), Buffer.from('free'), words(0, 15)]],
    ['64-bit size over 2^53', [words(1), Buffer.from('free'), words(0x200000, 0)]],
    ['a type that cannot be one', [words(16, 0x01020304, 0, 0)]],
    ['no box', [Buffer.from('HTTP/1.1 404 Not Found')]],
    ['unknown box over 32 MiB', [words((32 << 20) + 9), Buffer.from('abcd')]],
    ['moov over 1 MiB', [words((1 << 20) + 9), Buffer.from('moov')]],
    ['moof over 1 MiB', [plainMovie, words((1 << 20) + 9), Buffer.from('moof')]],
    ['empty moof', [plainMovie, box('moof')]],
    ['mdat over 32 MiB', [plainMovie, moofOf(tfhd, box('trun', [0x1, 1, moofOf(tfhd, box('trun', [0x1, 1, 0])).length + 8])), words((32 << 20) + 9), Buffer.from('mdat')]],
    ['moof before moov', [moofOf(tfhd)]],
    ['mdat before moov: an MP4 that is not fragmented', [box('mdat', [1])]],
    ['two moofs on end', [plainMovie, moofOf(tfhd, box('trun', [0x1, 1, 0])), moofOf(tfhd)]],
    ['sample before its mdat', [plainMovie, moofOf(tfhd, box('trun', [0x1, 1, 0])), box('mdat', [1])]],
    ['sample behind its mdat', [plainMovie, moofOf(tfhd, box('trun', [0x1, 1, 1000])), box('mdat', [1])]],
    ['unknown track', [plainMovie, moofOf(box('tfhd', [defaultBaseIsMoof, 9]))]],
    ['traf without tfhd', [plainMovie, moofOf()]],
    ['trun before tfhd', [plainMovie, moofOf(box('trun', [0, 0]), tfhd)]],
    ['billions of samples in 16 bytes', [plainMovie, moofOf(tfhd, box('trun', [0x1, 0xffff_ffff, 0]))]],
    ['child past its parent', [plainMovie, moofOf(words(100), Buffer.from('tfhd'))]],
    ['no timescale', [moov([trak({ timescale: 0, entry: videoEntry('jpeg') })], [])]],
    ['elst that promises more than it has', [moov([trak({ entry: videoEntry('jpeg'), edits: words(0, 0xffff_ffff) })], [])]],
  ])('%s', (_, parts) => {
    expect(() => read(...parts)).toThrow(FormatError);
  });

  test('the reader stays dead after it, with the same error', () => {
    const samples: Fmp4Sample[] = [];
    const reader = new Fmp4Reader({ onTracks: () => undefined, onSample: (sample) => void samples.push(sample) });
    const errorOf = (chunk: Uint8Array): unknown => {
      try {
        reader.push(chunk);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const first = errorOf(words(0, 0));
    expect(first).toBeInstanceOf(FormatError);
    expect(errorOf(plainMovie)).toBe(first);
    expect(errorOf(new Uint8Array())).toBe(first);
  });
});
