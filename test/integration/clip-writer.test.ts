import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aacFrameMs, AacTrack, recordedSound, silentAacFrame } from '../../src/media/aac-track.js';
import type { AccessUnit } from '../../src/media/access-unit.js';
import { ClipWriter } from '../../src/media/clip-writer.js';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../../src/media/fmp4-reader.js';
import { writeFragment, writeInit } from '../../src/media/fmp4-writer.js';
import { FragmentCutter } from '../../src/media/fragment-cutter.js';
import { videoFormatFromTrack } from '../../src/media/video-format.js';
import { type ClipSound, decodeClip, inspectClip } from '../support/clip.js';
import { ffmpegPath } from '../support/house.js';

const perFrame = ['-movflags', 'frag_every_frame+delay_moov+default_base_moof'];
const lengthSeconds = 20;
/** In the footage. */
const beepSeconds = 10.5;

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-clip-writer-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Timed {
  readonly sample: Fmp4Sample;
  readonly decodeTimeMs: number;
  readonly timeMs: number;
}

/** As from a camera's clock that has been running for a while. */
const clockMs = 123_456.789;

async function read(file: string): Promise<{ readonly track: Fmp4Track; readonly samples: readonly Timed[] }> {
  let track: Fmp4Track | undefined;
  const samples: Timed[] = [];
  const onSample = (sample: Fmp4Sample): void => {
    const ms = (ticks: number): number => clockMs + ((ticks + (track?.presentationOffset ?? 0)) / (track?.timescale ?? NaN)) * 1000;
    samples.push({ sample, decodeTimeMs: ms(sample.decodeTime), timeMs: ms(sample.decodeTime + sample.compositionOffset) });
  };
  new Fmp4Reader({ onTracks: ([first]) => void (track = first), onSample }).push(await readFile(file));
  if (!track) {
    throw new Error(`${file} has no track`);
  }
  return { track, samples };
}

interface Footage {
  readonly units: readonly AccessUnit[];
  readonly sound: readonly Timed[];
}

/** 25 pictures a second, and a beep of 0.2 s in silence. */
async function makeFootage(gopPictures: number): Promise<Footage> {
  const [video, sound] = [join(folder, 'video.mp4'), join(folder, 'sound.mp4')];
  const beep = `aevalsrc='0.5*sin(2*PI*1000*t)*between(t,${beepSeconds},${beepSeconds + 0.2})':s=32000`;
  const inputs = ['-f', 'lavfi', '-t', String(lengthSeconds), '-i', 'testsrc2=s=320x180:r=25', '-f', 'lavfi', '-t', String(lengthSeconds), '-i', beep];
  const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', String(gopPictures), '-keyint_min', String(gopPictures), '-sc_threshold', '0'];
  const aac = ['-c:a', 'aac', '-ac', '1', '-ar', '32000', '-b:a', '48k'];
  const outputs = ['-map', '0:v', ...h264, ...perFrame, '-f', 'mp4', video, '-map', '1:a', ...aac, ...perFrame, '-f', 'mp4', sound];
  const { status, stderr } = spawnSync(ffmpegPath, ['-y', '-v', 'error', ...inputs, ...outputs]);
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  const { track, samples } = await read(video);
  const format = videoFormatFromTrack(track);
  const units = samples.map(({ sample, decodeTimeMs, timeMs }) => ({ format, data: sample.data, keyframe: sample.sync, timeMs, decodeTimeMs }));
  return { units, sound: (await read(sound)).samples };
}

interface Clip {
  readonly packets: readonly Buffer[];
  readonly startMs: number;
  readonly endMs: number;
}

/** Recorded from the second keyframe on, to the footage's end. */
function record({ units, sound }: Footage, withSound: boolean): Clip {
  const first = units.findIndex(({ keyframe }, index) => keyframe && index > 0);
  const start = units[first];
  if (!start) {
    throw new Error('no second keyframe');
  }
  const startMs = start.decodeTimeMs;
  const endMs = clockMs + lengthSeconds * 1000;
  const writer = new ClipWriter({ format: start.format, startMs, sound: withSound });
  const track = new AacTrack(startMs);
  sound.forEach(({ sample, timeMs }) => track.push(sample.data, timeMs));
  const packets = [writer.initialization()];
  const cutter = new FragmentCutter();
  const write = (group: readonly AccessUnit[] | undefined, untilMs: number): void => {
    if (group) {
      packets.push(writer.fragment(group, untilMs, withSound ? track.take(untilMs) : undefined));
    }
  };
  for (const unit of units.slice(first)) {
    const group = cutter.push(unit);
    write(group, cutter.groupStartMs);
  }
  write(cutter.end(), endMs);
  return { packets, startMs, endMs };
}

function firstLoudSeconds({ samples, sampleRate, startSeconds }: ClipSound): number {
  return startSeconds + samples.findIndex((sample) => Math.abs(sample) > 4000) / sampleRate;
}

describe.each([
  { gopSeconds: 1, fragmentSeconds: 4 },
  { gopSeconds: 2, fragmentSeconds: 4 },
  { gopSeconds: 3, fragmentSeconds: 3 },
])('GOPs of $gopSeconds s', ({ gopSeconds, fragmentSeconds }) => {
  let footage: Footage = { units: [], sound: [] };

  beforeAll(async () => {
    footage = await makeFootage(gopSeconds * 25);
  });

  test.each([{ sound: true }, { sound: false }])('FFmpeg finds nothing wrong with the clip, sound: $sound', async ({ sound }) => {
    const { packets, startMs, endMs } = record(footage, sound);
    const clipSeconds = (endMs - startMs) / 1000;
    const { fragments } = inspectClip(packets);
    fragments.forEach(({ startSeconds, endSeconds, runs }, index) => {
      expect(startSeconds).toBeCloseTo(index * fragmentSeconds, 4);
      expect(endSeconds).toBeCloseTo(Math.min(clipSeconds, (index + 1) * fragmentSeconds), 4);
      expect(runs[0]?.startsWithIdr).toBe(true);
      expect(runs).toHaveLength(sound ? 2 : 1);
    });
    const decoded = await decodeClip(Buffer.concat(packets), { ffmpegPath });
    expect(decoded.errors).toBe('');
    expect(decoded.pictures).toHaveLength(Math.round(clipSeconds * 25));
    decoded.pictures.forEach(({ timeSeconds }, index) => expect(timeSeconds).toBeCloseTo(index / 25, 4));
    expect(decoded.sound !== undefined).toBe(sound);
    if (decoded.sound) {
      const { startSeconds, samples, gaps, sampleRate } = decoded.sound;
      expect(gaps).toEqual([]);
      expect(startSeconds).toBeLessThan(aacFrameMs / 1000);
      expect(startSeconds + samples.length / sampleRate).toBeGreaterThanOrEqual(clipSeconds);
      expect(startSeconds + samples.length / sampleRate).toBeLessThan(clipSeconds + aacFrameMs / 1000);
      // A millisecond is what the encoder smears.
      expect(Math.abs(firstLoudSeconds(decoded.sound) + (startMs - clockMs) / 1000 - beepSeconds)).toBeLessThan(0.002);
    }
  });
});

test('a clip whose microphone says nothing, and one where it says something at times only', async () => {
  const footage = await makeFootage(50);
  const silent = await decodeClip(Buffer.concat(record({ ...footage, sound: [] }, true).packets), { ffmpegPath });
  expect(silent.errors).toBe('');
  expect(silent.sound?.gaps).toEqual([]);
  expect(silent.sound?.samples.every((sample) => sample === 0)).toBe(true);
  const holes = footage.sound.filter((_, index) => index % 100 < 70);
  const { packets, startMs } = record({ ...footage, sound: holes }, true);
  const holed = await decodeClip(Buffer.concat(packets), { ffmpegPath });
  expect(holed.errors).toBe('');
  expect(holed.sound?.gaps).toEqual([]);
  expect(Math.abs((holed.sound ? firstLoudSeconds(holed.sound) : NaN) + (startMs - clockMs) / 1000 - beepSeconds)).toBeLessThan(0.002);
});

test('the silent frame decodes to silence of its length, by itself and in a row', async () => {
  const samples = Array.from({ length: 50 }, () => ({ data: silentAacFrame, durationTicks: 1024, keyframe: true, compositionOffsetTicks: 0 }));
  const file = Buffer.concat([writeInit(recordedSound), ...writeFragment({ sequence: 1, baseDecodeTimeTicks: 0, samples })]);
  const { errors, sound } = await decodeClip(file, { ffmpegPath });
  expect(errors).toBe('');
  expect(sound?.sampleRate).toBe(32_000);
  expect(sound?.samples).toHaveLength(50 * 1024);
  expect(sound?.samples.every((sample) => sample === 0)).toBe(true);
});
