import { expect, test } from '@jest/globals';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import { joinNals } from '../../src/media/nal.js';
import { videoFormatFromParameterSets } from '../../src/media/video-format.js';
import { momentOf } from '../../src/pipeline/moment.js';
import { PacketStream } from '../../src/pipeline/packet-stream.js';
import { loadFootage, type FootageSettings } from '../support/camera/footage.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';
import { decodeJpeg } from '../support/picture.js';

const size = { width: 640, height: 360 };
const never = new AbortController().signal;
/** Of the first picture, on the process clock. */
const startMs = 5_000;
const fps = 30;

/** Four seconds of a camera, as they lie in its ring. */
async function ringOf(settings: FootageSettings): Promise<{ readonly name: 'main'; readonly packets: PacketStream }> {
  const { units, parameterSets, settings: complete } = await loadFootage({ ...smallFootage, ...settings }, ffmpegPath);
  const format = videoFormatFromParameterSets(complete.codec, parameterSets);
  const packets = new PacketStream();
  for (const { nalUnits, keyframe, pts90k, dts90k } of units) {
    packets.publish({ format, data: joinNals(nalUnits), keyframe, timeMs: startMs + pts90k / 90, decodeTimeMs: startMs + dts90k / 90 });
  }
  return { name: 'main', packets };
}

test.each<[string, FootageSettings]>([
  ['H.264', {}],
  ['H.264 with B-frames', { bFrames: 2 }],
  ['HEVC', { codec: 'hevc' }],
])('a JPEG of any moment that is in the ring shows the picture of that moment: %s', async (_, settings) => {
  await using renderer = new StillRenderer();
  const ffmpeg = await testFfmpeg();
  const stream = await ringOf(settings);
  const shown: (number | undefined)[] = [];
  const counters = [0, 1, 37, 59, 60, 61, 100, 118];
  for (const counter of counters) {
    const moment = momentOf(stream, startMs + (counter * 1_000) / fps + 5);
    expect(moment?.units[0]?.keyframe).toBe(true);
    expect(moment?.units.length).toBeLessThanOrEqual(60 + 2 * (settings.bFrames ?? 0));
    shown.push(moment && (await decodeJpeg(await renderer.renderMoment(ffmpeg, moment, size, never))).marks?.counter);
  }
  expect(shown).toEqual(counters);
}, 60_000);

test('before the ring begins it is the oldest picture, after its end the newest, and nothing where there is none', async () => {
  const stream = await ringOf({});
  expect(momentOf(stream, 0)).toMatchObject({ stream: 'main', timeMs: startMs, units: [{ keyframe: true }] });
  expect(momentOf(stream, startMs + 60_000)?.timeMs).toBeCloseTo(startMs + (119 * 1_000) / fps, 0);
  stream.packets.interrupt();
  expect(momentOf(stream, startMs + 1_000)).toBeUndefined();
});

test('it is made at most as large as asked, in the shape of the picture', async () => {
  await using renderer = new StillRenderer();
  const moment = momentOf(await ringOf({}), startMs + 1_000);
  const jpeg = moment && (await renderer.renderMoment(await testFfmpeg(), moment, { width: 320, height: 320 }, never));
  expect(jpeg && (await decodeJpeg(jpeg))).toMatchObject({ width: 320, height: 180 });
}, 30_000);
