import { describe, expect, test } from '@jest/globals';
import { presetTable } from '../../src/ffmpeg/hardware/presets.js';
import type { DecodeRequest, HardwareUse, RecordingConversionRequest } from '../../src/ffmpeg/hardware/requests.js';
import { decodeArguments, recordingConversionArguments } from '../../src/ffmpeg/hardware/video-arguments.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import type { AccessUnit, VideoFormat } from '../../src/media/access-unit.js';
import { pictures as corpusPictures } from '../support/corpus/corpus.js';
import type { FootageForm } from '../support/camera/footage-forms.js';
import { loadFootage } from '../support/camera/footage.js';
import { patchColour, readLevels, readMarks } from '../support/camera/marks.js';
import { ffmpegPath } from '../support/house.js';
import { decodeJpeg } from '../support/picture.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';
import { asFmp4, picturesIn, runFfmpeg, unitsIn, unitsOf } from '../support/video-runs.js';

/** Each as the pipeline makes it of the stream's own parameter sets. */
const forms: readonly (readonly [FootageForm, Partial<VideoFormat>, object])[] = [
  ['interlaced', { profile: 'High', interlaced: true }, {}],
  ['fields', { profile: 'Main', interlaced: true }, { width: 320, height: 192, fps: 10 }],
  ['fullRange', { profile: 'High', fullRange: true }, {}],
  ['fourTwoTwo', { profile: 'High 4:2:2' }, {}],
  ['tenBits', { profile: 'High 10' }, {}],
  ['fourTwoTwoTenBits', { profile: 'High 4:2:2' }, {}],
];

async function filmed(form: FootageForm, settings: object): Promise<{ readonly units: readonly AccessUnit[]; readonly format: VideoFormat }> {
  const units = unitsOf(await loadFootage({ ...corpusPictures, form, ...settings }, ffmpegPath));
  return { units, format: units[0]?.format ?? fail('no footage') };
}

async function software(): Promise<HardwareUse> {
  return { ffmpeg: await testFfmpeg(), preset: presetTable.software };
}

function asRequest({ codec, width, height, fullRange, interlaced }: VideoFormat): DecodeRequest & Pick<RecordingConversionRequest, 'sourceFullRange'> {
  return { codec, sourceWidth: width, sourceHeight: height, sourceFullRange: fullRange, sourceInterlaced: interlaced, width, height };
}

/** Every picture is whole, and of limited range and the right colour. */
function expectRightPictures(i420: readonly Uint8Array[], { width, height }: VideoFormat, counters: readonly number[]): void {
  expect(i420.map((picture) => readMarks(picture, width, height)?.counter)).toEqual(counters);
  for (const picture of i420) {
    const { white, black, patch } = readLevels(picture, width, height);
    const off = [white - 235, black - 16, patch.y - patchColour.y, patch.cb - patchColour.cb, patch.cr - patchColour.cr];
    expect(off.filter((each) => Math.abs(each) > 8)).toEqual([]);
  }
}

describe.each(forms)('%s', (form, facts, settings) => {
  /** Of the pictures of two fields only the first, which is the one that counts, is drawn with each second number. */
  const drawn = (count: number, step = 1): number[] => Array.from({ length: count }, (_, index) => index * step * (facts.interlaced === true ? 2 : 1));

  test('is known from its parameter sets', async () => {
    const { format } = await filmed(form, settings);
    expect(format).toMatchObject(facts);
  });

  test('is decoded to whole pictures in limited range', async () => {
    const { units, format } = await filmed(form, settings);
    const pictures = await picturesIn(await runFfmpeg(decodeArguments(await software(), asRequest(format)), await asFmp4(units)));
    expectRightPictures(pictures.map(({ bytes }) => bytes), format, drawn(units.length)); // prettier-ignore
  });

  test('is decoded to whole pictures where only keyframes are', async () => {
    const { units, format } = await filmed(form, settings);
    const keyframes = units.filter(({ keyframe }) => keyframe);
    const pictures = await picturesIn(await runFfmpeg(decodeArguments(await software(), { ...asRequest(format), keyframesOnly: true }), await asFmp4(keyframes)));
    expectRightPictures(pictures.map(({ bytes }) => bytes), format, drawn(4, units.length / 4)); // prettier-ignore
  });

  test('is recorded as whole pictures of 4:2:0 in limited range', async () => {
    const { units, format } = await filmed(form, settings);
    const recording: RecordingConversionRequest = { ...asRequest(format), bitrateKbps: 1_500, profile: 'main', level: '3.1', maxFps: 30, keyframeSeconds: 2, fromSeconds: 0 };
    const recorded = unitsIn(await runFfmpeg(recordingConversionArguments(await software(), await software(), recording), await asFmp4(units)));
    expect(recorded[0]?.format).toMatchObject({ codec: 'h264', profile: 'Main', fullRange: false, width: format.width, height: format.height });
    const pictures = await picturesIn(await runFfmpeg(decodeArguments(await software(), asRequest(recorded[0]?.format ?? fail('no pictures'))), await asFmp4(recorded)));
    expectRightPictures(pictures.map(({ bytes }) => bytes), format, drawn(units.length)); // prettier-ignore
  });

  test('gives a whole still, of a keyframe and of a moment', async () => {
    const { units, format } = await filmed(form, settings);
    await using renderer = new StillRenderer();
    const [first, size, signal] = [units[0] ?? fail('no footage'), { width: format.width, height: format.height }, AbortSignal.timeout(20_000)];
    const still = await decodeJpeg(await renderer.render(await testFfmpeg(), first, size, signal));
    const moment = await decodeJpeg(await renderer.renderMoment(await testFfmpeg(), { units: units.slice(0, 8), timeMs: units[5]?.timeMs ?? 0 }, size, signal));
    expect([still, moment].map(({ width, height, marks }) => ({ width, height, counter: marks?.counter }))).toEqual([
      { ...size, counter: drawn(1)[0] },
      { ...size, counter: drawn(6)[5] },
    ]);
    const captioned = await renderer.decode(await testFfmpeg(), first, size, signal);
    expectRightPictures([captioned.i420], format, drawn(1));
  });
});

function fail(message: string): never {
  throw new Error(message);
}
