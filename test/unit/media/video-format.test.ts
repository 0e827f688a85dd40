import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import type { VideoFormat } from '../../../src/media/access-unit.js';
import { writeAvcC, writeHvcC } from '../../../src/media/decoder-configuration.js';
import { FormatError } from '../../../src/media/format-error.js';
import { parseH264Sps } from '../../../src/media/h264-sps.js';
import { parseHevcSps } from '../../../src/media/hevc-sps.js';
import { joinNals } from '../../../src/media/nal.js';
import {
  videoFormatFromAvcC,
  videoFormatFromHvcC,
  videoFormatFromParameterSets,
  videoFormatFromTrack,
  withInBandParameterSets,
} from '../../../src/media/video-format.js';
import { BitWriter } from './bit-writer.js';
import { h264Sps, type H264SpsOptions, hevcSps } from './hand-made-sps.js';
import { parameterSetFixtures } from './parameter-set-fixtures.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';

const bytesOf = (sets: readonly string[]): Uint8Array[] => sets.map((set) => new Uint8Array(Buffer.from(set, 'hex')));
const named = (name: string): VideoFormat => {
  const fixture = parameterSetFixtures.find((each) => each.name.includes(name));
  if (!fixture) {
    throw new Error(`no fixture ${name}`);
  }
  return videoFormatFromParameterSets(fixture.codec, bytesOf(fixture.sets));
};
const pps = Uint8Array.of(0x68, 0xce, 0x38, 0x80);

describe.each(parameterSetFixtures)('$codec $name', ({ name: _, sets, ...facts }) => {
  const expected = { ...facts, parameterSets: bytesOf(sets) };

  test('the parameter sets say what ffprobe says', () => {
    expect(videoFormatFromParameterSets(facts.codec, bytesOf(sets))).toEqual(expected);
  });

  test('they come in order, whatever order they came in', () => {
    expect(videoFormatFromParameterSets(facts.codec, bytesOf(sets).reverse())).toEqual(expected);
  });

  test('they survive a decoder configuration record', () => {
    const config = facts.codec === 'h264' ? writeAvcC(expected) : writeHvcC(expected);
    const read = facts.codec === 'h264' ? videoFormatFromAvcC(config) : videoFormatFromHvcC(config);
    expect(read).toEqual({ format: expected, nalLengthBytes: 4 });
    expect(videoFormatFromTrack({ codec: facts.codec, config })).toEqual(expected);
  });
});

describe('H.264 that x264 does not make', () => {
  const base: H264SpsOptions = { profileIdc: 77, constraints: 0, levelIdc: 40, pocType: 0, widthMbs: 120, heightMapUnits: 68, framesOnly: true, crop: [0, 0, 0, 4] };
  const facts = (options: Partial<H264SpsOptions>): ReturnType<typeof parseH264Sps> => parseH264Sps(h264Sps({ ...base, ...options }));

  test('without VUI nothing is known of reordering', () => {
    expect(facts({})).toMatchObject({ width: 1920, height: 1080, profile: 'Main', level: '4.0', reorders: undefined, fullRange: false });
  });

  test.each<[string, Partial<H264SpsOptions>, boolean]>([
    ['Baseline', { profileIdc: 66 }, false],
    ['order of output is order of decoding (pic_order_cnt_type 2)', { pocType: 2 }, false],
    ['VUI with 0 reorder frames', { vui: { reorderFrames: 0 } }, false],
    ['VUI with 1 reorder frame', { vui: { reorderFrames: 1 } }, true],
    ['Constrained High (constraint_set5_flag)', { profileIdc: 100, constraints: 0x0c }, false],
    ['High 10 Intra', { profileIdc: 110, constraints: 0x10 }, false],
  ])('%s', (_, options, reorders) => {
    expect(facts(options).reorders).toBe(reorders);
  });

  test('VUI without bitstream restriction leaves reordering unknown and says the range', () => {
    expect(facts({ vui: { fullRange: true } })).toMatchObject({ reorders: undefined, fullRange: true });
  });

  test.each([1, 2] as const)('reordering is found behind %i HRDs', (hrds) => {
    expect(facts({ vui: { hrds, reorderFrames: 0 } }).reorders).toBe(false);
    expect(facts({ vui: { hrds, reorderFrames: 1 } }).reorders).toBe(true);
  });

  test('a VUI cut short leaves the picture size usable', () => {
    const whole = h264Sps({ ...base, vui: { fullRange: true, reorderFrames: 2 } });
    const cut = whole.subarray(0, whole.length - 3);
    expect(parseH264Sps(cut)).toMatchObject({ width: 1920, height: 1080, fullRange: true, reorders: undefined });
  });

  test.each<[string, Partial<H264SpsOptions>, number, number]>([
    ['interlaced counts field rows', { framesOnly: false, heightMapUnits: 34, crop: [0, 0, 0, 2] }, 1920, 1080],
    ['4:2:2 crops single rows', { profileIdc: 122, chromaFormat: 2, crop: [0, 1, 0, 8] }, 1918, 1080],
    ['4:4:4 crops single columns', { profileIdc: 244, chromaFormat: 3, crop: [1, 2, 3, 4] }, 1917, 1081],
    ['grey crops single columns', { profileIdc: 100, chromaFormat: 0, crop: [1, 0, 0, 8] }, 1919, 1080],
    ['scaling lists of 16 and of 64', { profileIdc: 100, scalingLists: true }, 1920, 1080],
    ['4:4:4 with separate planes', { profileIdc: 244, chromaFormat: 3, separatePlanes: true, crop: [1, 0, 0, 8] }, 1919, 1080],
    ['picture order count of type 1', { pocType: 1 }, 1920, 1080],
  ])('%s', (_, options, width, height) => {
    expect(facts(options)).toMatchObject({ width, height });
  });

  test('a profile without a common name is told by its number, intra ones by their name', () => {
    expect(facts({ profileIdc: 142 }).profile).toBe('profile 142');
    expect(facts({ profileIdc: 110, constraints: 0x10 }).profile).toBe('High 10 Intra');
    expect(facts({ profileIdc: 244, constraints: 0x10 }).profile).toBe('High 4:4:4 Intra');
  });

  test('a picture cropped away or of absurd size is refused', () => {
    expect(() => facts({ crop: [500, 500, 0, 0] })).toThrow(FormatError);
    expect(() => facts({ widthMbs: 5000 })).toThrow(FormatError);
  });
});

describe('HEVC that x265 does not make', () => {
  test.each([
    ['reference picture sets, told and predicted', { refPicSets: true }],
    ['PCM', { pcm: true }],
    ['long-term reference pictures', { longTerm: true }],
    ['scaling lists', { scalingLists: true }],
    ['sub-layers with profile and level of their own', { subLayers: 3 }],
    ['all of it', { refPicSets: true, pcm: true, longTerm: true, scalingLists: true, subLayers: 2 }],
  ])('the range is found behind %s', (_, options) => {
    expect(parseHevcSps(hevcSps({ ...options, fullRange: true }))).toMatchObject({ width: 1920, height: 1080, level: '4.1', profile: 'Main', fullRange: true });
    expect(parseHevcSps(hevcSps({ ...options, fullRange: false })).fullRange).toBe(false);
  });

  test('the highest sub-layer says whether pictures are reordered', () => {
    expect(parseHevcSps(hevcSps({ subLayers: 2, reorderPics: [0, 0, 2] })).reorders).toBe(true);
    expect(parseHevcSps(hevcSps({ subLayers: 2, reorderPics: [1, 1, 0] })).reorders).toBe(false);
  });

  test('damage behind the sizes costs the range only', () => {
    const whole = hevcSps({ refPicSets: true, fullRange: true });
    expect(parseHevcSps(whole.subarray(0, whole.length - 6))).toMatchObject({ width: 1920, height: 1080, fullRange: false });
  });
});

describe('decoder configuration records', () => {
  test('hvcC with SEI in it and lengths of two bytes', () => {
    const format = named('Main 1440p');
    const config = writeHvcC(format);
    config[21] = ((config[21] ?? 0) & 0xfc) | 1;
    config[22] = 4;
    const withSei = Buffer.concat([config, Buffer.from('a700010003' + '4e0105', 'hex')]);
    expect(videoFormatFromHvcC(withSei)).toEqual({ format, nalLengthBytes: 2 });
  });

  test('an unknown version, a missing SPS and a missing PPS are refused', () => {
    expect(() => videoFormatFromAvcC(Buffer.from('0264000dffe00000', 'hex'))).toThrow(FormatError);
    expect(() => videoFormatFromAvcC(Buffer.from('0164000dffe000', 'hex'))).toThrow('h264 without SPS');
    expect(() => videoFormatFromParameterSets('h264', named('640x480').parameterSets.slice(0, 1))).toThrow('h264 without PPS');
    expect(() => videoFormatFromTrack({ codec: 'mjpg', config: new Uint8Array() })).toThrow('pictures are mjpg');
  });
});

describe('parameter sets in the stream', () => {
  const slice = Uint8Array.of(0x65, 0x88, 0x84);
  const current = named('640x480');
  const other = named('Main 720p');

  test('a unit without any, or with the same, keeps the very object', () => {
    expect(withInBandParameterSets(current, joinNals([slice]))).toBe(current);
    expect(withInBandParameterSets(current, joinNals([...current.parameterSets, slice]))).toBe(current);
    expect(withInBandParameterSets(current, joinNals([...current.parameterSets, ...current.parameterSets, slice]))).toBe(current);
  });

  test('a changed SPS changes the format, which keeps no part of the unit in memory', () => {
    const data = joinNals([...other.parameterSets, slice]);
    const next = withInBandParameterSets(current, data);
    expect(next).toEqual(other);
    expect(next.parameterSets.every((set) => set.buffer !== data.buffer)).toBe(true);
    expect(withInBandParameterSets(next, data)).toBe(next);
  });

  test('a changed PPS alone replaces the PPS alone', () => {
    const next = withInBandParameterSets(current, joinNals([pps, slice]));
    expect(next).toEqual({ ...current, parameterSets: [current.parameterSets[0], pps] });
  });

  test('an SPS with a new id stands first: it says what the pictures are', () => {
    const sps = h264Sps({ profileIdc: 77, constraints: 0, levelIdc: 31, pocType: 2, widthMbs: 40, heightMapUnits: 22, framesOnly: true, crop: [0, 0, 0, 0], id: 1 });
    const next = withInBandParameterSets(current, joinNals([sps, slice]));
    expect(next).toMatchObject({ width: 640, height: 352, level: '3.1' });
    expect(next.parameterSets).toHaveLength(3);
    expect(withInBandParameterSets(next, joinNals([...current.parameterSets, sps, slice]))).toBe(next);
  });

  test('two sets of one id in each unit do not make a new format each time', () => {
    const data = joinNals([...other.parameterSets, ...current.parameterSets, slice]);
    expect(withInBandParameterSets(current, data)).toBe(current);
  });

  test('damaged ones change nothing', () => {
    const [sps = new Uint8Array()] = other.parameterSets;
    expect(withInBandParameterSets(current, joinNals([sps.subarray(0, 8), slice]))).toBe(current);
    expect(withInBandParameterSets(current, joinNals([Uint8Array.of(0x68), slice]))).toBe(current);
    const whole = joinNals([...other.parameterSets, slice]);
    expect(withInBandParameterSets(current, whole.subarray(0, whole.length - 1))).toBe(current);
  });

  test('they do not pile up', () => {
    let format = current;
    for (let id = 0; id < 300; id++) {
      const set = Buffer.concat([new BitWriter().ue(id, 0).toNal(0x68), Buffer.alloc(600, 0xaa)]);
      format = withInBandParameterSets(format, joinNals([set, slice]));
    }
    expect(format.parameterSets.reduce((sum, set) => sum + set.length, 0)).toBeLessThan(65_536);
    expect(format).toMatchObject({ width: 640, height: 480 });
  });

  test('HEVC', () => {
    const hevc = named('Main 1440p');
    const changed = named('Main full range');
    expect(withInBandParameterSets(hevc, joinNals([...hevc.parameterSets, Uint8Array.of(0x26, 1, 2)]))).toBe(hevc);
    expect(withInBandParameterSets(hevc, joinNals([...changed.parameterSets, Uint8Array.of(0x26, 1, 2)]))).toEqual(changed);
  });
});

describe('damage gives a FormatError and nothing else', () => {
  const tolerant = (read: () => unknown): void => {
    try {
      read();
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  };

  test.each(parameterSetFixtures)('$codec $name cut at each byte, with each bit turned', ({ codec, sets }) => {
    const nals = bytesOf(sets);
    const format = videoFormatFromParameterSets(codec, nals);
    const config = codec === 'h264' ? writeAvcC(format) : writeHvcC(format);
    for (let length = 0; length < config.length; length++) {
      tolerant(() => videoFormatFromTrack({ codec, config: config.subarray(0, length) }));
    }
    for (let bit = 0; bit < config.length * 8; bit++) {
      const turned = new Uint8Array(config);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      tolerant(() => videoFormatFromTrack({ codec, config: turned }));
    }
  });

  test('random bytes', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 5000; round++) {
      const bytes = randomBytes(random, below(random, 120));
      tolerant(() => parseH264Sps(bytes));
      tolerant(() => parseHevcSps(bytes));
      tolerant(() => videoFormatFromAvcC(bytes));
      tolerant(() => videoFormatFromHvcC(bytes));
      bytes[0] = 0x67;
      bytes[1] = 100;
      tolerant(() => parseH264Sps(bytes));
    }
  });
});
