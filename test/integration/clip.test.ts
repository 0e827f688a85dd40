import { beforeAll, describe, expect, test } from '@jest/globals';
import { decodeClip, inspectClip, soundAgainstPicture } from '../support/clip.js';
import { readBoxes } from '../support/clip/boxes.js';
import { makeClip } from '../support/clip/make-clip.js';
import { ffmpegPath } from '../support/house.js';

const seconds = 4;

/** The boxes of a clip by their type, in order. */
function boxesOf(clip: Buffer): { readonly type: string; readonly bytes: Buffer }[] {
  return readBoxes(clip, 'The test clip').map(({ type, start, end }) => ({ type, bytes: clip.subarray(start, end) }));
}

describe('a clip that FFmpeg made', () => {
  let clip: Buffer;

  beforeAll(async () => {
    clip = await makeClip({ ffmpegPath, seconds });
  });

  test('is described by its tracks and fragments', () => {
    const { tracks, fragments } = inspectClip(clip);
    expect(tracks).toMatchObject([
      { id: 1, kind: 'video', codec: 'avc1', width: 320, height: 180, sampleRate: 0 },
      { id: 2, kind: 'audio', codec: 'mp4a', sampleRate: 32_000, channels: 1, audioObjectType: 2, timescale: 32_000, edits: [{ mediaSeconds: 1024 / 32_000 }] },
    ]);
    expect(fragments.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 2, 3, 4]);
    const pictures = fragments.map(({ runs }) => runs[0]);
    expect(pictures.every((run) => run?.startsWithSync && run.startsWithIdr && run.samples === 30)).toBe(true);
    expect(fragments.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([[0, 1], [1, 2], [2, 3], [3, 4]]);
    const sounds = fragments.flatMap(({ runs }) => runs.filter(({ kind }) => kind === 'audio'));
    expect(sounds.reduce((samples, run) => samples + run.samples, 0)).toBe(126);
    sounds.slice(1).forEach((run, index) => expect(run.baseDecodeTime).toBe((sounds[index]?.baseDecodeTime ?? 0) + (sounds[index]?.duration ?? 0)));
    expect(fragments.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(clip.length);
  });

  test('is the same in packets, and one packet that holds more or less is refused', () => {
    const [ftyp, moov, ...rest] = boxesOf(clip).map(({ bytes }) => bytes);
    const initialization = Buffer.concat([ftyp ?? clip, moov ?? clip]);
    const pairs = [0, 2, 4, 6].map((index) => Buffer.concat(rest.slice(index, index + 2)));
    expect(inspectClip([initialization, ...pairs])).toEqual(inspectClip(clip));
    expect(() => inspectClip([initialization, Buffer.concat(rest.slice(0, 4))])).toThrow('Fragment 1 is made of moof, mdat, moof, mdat instead of moof and mdat.');
    expect(() => inspectClip([initialization, ...pairs.slice(0, 1), rest[2] ?? clip])).toThrow('Fragment 2 is made of moof instead of');
    expect(() => inspectClip([ftyp ?? clip, ...pairs])).toThrow('The initialization is made of ftyp instead of ftyp and moov.');
    expect(() => inspectClip(clip.subarray(0, -1))).toThrow(/box "mdat" at byte \d+ says it has \d+ bytes/);
    expect(() => inspectClip(Buffer.concat([initialization, rest[0] ?? clip, rest[0] ?? clip]))).toThrow('Fragment 1 is made of moof, moof');
  });

  test('samples outside of their mdat, and a fragment that starts in the middle of a group, are seen', () => {
    const boxes = boxesOf(clip);
    const shortened = Buffer.concat(boxes.map(({ type, bytes }) => {
      if (type !== 'mdat') {
        return bytes;
      }
      const short = Buffer.from(bytes.subarray(0, -8));
      short.writeUInt32BE(short.length);
      return short;
    }));
    expect(() => inspectClip(shortened)).toThrow(/Fragment 1: a sample of \d+ bytes lies at byte \d+, outside of its mdat/);
    const noIdr = Buffer.from(clip);
    const nalHeader = (boxes[0]?.bytes.length ?? 0) + (boxes[1]?.bytes.length ?? 0) + (boxes[2]?.bytes.length ?? 0) + 8 + 4;
    // The first sample begins with supplemental information, which its IDR slice follows.
    const length = noIdr.readUInt32BE(nalHeader - 4);
    noIdr[nalHeader + length + 4] = 0x61;
    expect(inspectClip(noIdr).fragments.map(({ runs }) => runs[0]?.startsWithIdr)).toEqual([false, true, true, true]);
  });

  test('decodes to every picture with its time and marks, and to its sound', async () => {
    const { errors, pictures, sound } = await decodeClip(clip, { ffmpegPath });
    expect(errors).toBe('');
    expect(pictures.map(({ marks }) => marks?.counter)).toEqual(Array.from({ length: 120 }, (_, index) => index));
    pictures.forEach(({ timeSeconds }, index) => expect(timeSeconds).toBeCloseTo(index / 30, 6));
    expect(sound).toMatchObject({ sampleRate: 32_000, startSeconds: 0, gaps: [] });
    expect((sound?.samples.length ?? 0) / 32_000).toBeCloseTo(seconds, 1);
  });

  test('that is damaged, or cut off in the middle, is told from a good one', async () => {
    const damaged = Buffer.from(clip);
    const lastKeyframe = damaged.lastIndexOf('mdat') + 4;
    damaged.fill(0xa5, lastKeyframe, lastKeyframe + 400);
    expect((await decodeClip(damaged, { ffmpegPath })).errors).not.toBe('');
    expect((await decodeClip(clip.subarray(0, clip.length - 500), { ffmpegPath })).errors).not.toBe('');
    expect((await decodeClip(Buffer.from('no clip'), { ffmpegPath })).errors).not.toBe('');
  });

  test('without a fragment in its middle has a gap of one second in its sound, at its place', async () => {
    const boxes = boxesOf(clip).map(({ bytes }) => bytes);
    const { pictures, sound } = await decodeClip(Buffer.concat([...boxes.slice(0, 4), ...boxes.slice(6)]), { ffmpegPath });
    expect(pictures).toHaveLength(90);
    expect(sound?.gaps).toHaveLength(1);
    expect(sound?.gaps[0]?.atSeconds).toBeCloseTo(1, 0);
    expect(sound?.gaps[0]?.seconds).toBeCloseTo(1, 0);
  });
});

test.each([
  { soundLateMs: 0 },
  { soundLateMs: 120 },
  { soundLateMs: -80 },
  { soundLateMs: 0, sampleRate: 16_000, fps: 15 },
  { soundLateMs: 120, lateByTimestamps: true },
  { soundLateMs: 0, bFrames: 2 },
])('the distance of beeps from flashes is measured: %j', async (made) => {
  const clip = await makeClip({ ffmpegPath, seconds, ...made });
  const decoded = await decodeClip(clip, { ffmpegPath });
  expect(decoded.errors).toBe('');
  const found = soundAgainstPicture(decoded);
  expect(found.map(({ flashSeconds }) => Math.round(flashSeconds * 1000) / 1000)).toEqual([1, 2, 3]);
  for (const { soundLateMs } of found) {
    expect(Math.abs((soundLateMs ?? Infinity) - made.soundLateMs)).toBeLessThan(3);
  }
});

test('a clip without sound has pictures, and no distances', async () => {
  const clip = await makeClip({ ffmpegPath, seconds, soundLateMs: 'none' });
  expect(inspectClip(clip).tracks.map(({ kind }) => kind)).toEqual(['video']);
  const decoded = await decodeClip(clip, { ffmpegPath });
  expect(decoded).toMatchObject({ errors: '', sound: undefined });
  expect(decoded.pictures).toHaveLength(120);
  expect(soundAgainstPicture(decoded)).toEqual([]);
});
