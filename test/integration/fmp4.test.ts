import { Buffer } from 'node:buffer';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeAvcC } from '../../src/media/decoder-configuration.js';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../../src/media/fmp4-reader.js';
import { type TrackRun, writeFragment, writeFragmentOfTracks, writeInit } from '../../src/media/fmp4-writer.js';
import { fromAnnexB, isKeyframe, joinNals, toAnnexB } from '../../src/media/nal.js';
import { videoFormatFromParameterSets, videoFormatFromTrack, withInBandParameterSets } from '../../src/media/video-format.js';
import { ffmpegPath } from '../support/house.js';
import { h264Sps, hevcSps } from '../unit/media/hand-made-sps.js';
import { parameterSetFixtures } from '../unit/media/parameter-set-fixtures.js';

/** Not every FFmpeg brings it: the one from npm does not. */
const testWithFfprobe = spawnSync('ffprobe', ['-version']).status === 0 ? test : test.skip;

const perFrame = ['-movflags', 'frag_every_frame+delay_moov+default_base_moof', '-flush_packets', '1'];

async function run(program: 'ffmpeg' | 'ffprobe', args: readonly string[], input: readonly Uint8Array[] = []): Promise<Buffer> {
  const child = spawn(program === 'ffmpeg' ? ffmpegPath : program, ['-hide_banner', '-v', 'error', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => void out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => void errors.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(Buffer.concat(input));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) {
    throw new Error(`${program} ended with ${code}: ${Buffer.concat(errors).toString()}`);
  }
  return Buffer.concat(out);
}

interface Reading {
  readonly tracks: readonly Fmp4Track[];
  readonly samples: readonly Fmp4Sample[];
}

/** In the chunks of a pipe, and in odd ones. */
function read(bytes: Uint8Array, chunkBytes: number): Reading {
  let tracks: readonly Fmp4Track[] = [];
  const samples: Fmp4Sample[] = [];
  const reader = new Fmp4Reader({ onTracks: (found) => void (tracks = found), onSample: (sample) => void samples.push(sample) });
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    reader.push(bytes.subarray(at, at + chunkBytes));
  }
  return { tracks, samples };
}

/** Checksums instead of bytes: Jest compares large buffers slowly. */
function summaryOf({ tracks, samples }: Reading): unknown {
  return { tracks, samples: samples.map(({ data, ...sample }) => ({ ...sample, sum: createHash('md5').update(data).digest('hex') })) };
}

interface Packet {
  readonly pts_time: string;
  readonly dts_time: string;
  readonly flags: string;
  readonly size: string;
}

async function packetsOf(file: string): Promise<readonly Packet[]> {
  const text = await run('ffprobe', ['-show_packets', '-of', 'json', file]);
  return (JSON.parse(text.toString()) as { packets: Packet[] }).packets;
}

/** Checksums of the decoded frames, without their times. */
async function frameSums(args: readonly string[], input: readonly Uint8Array[] = []): Promise<string[]> {
  const text = (await run('ffmpeg', [...args, '-map', '0:v', '-vsync', 'passthrough', '-f', 'framemd5', '-'], input)).toString();
  return text.split('\n').filter((line) => /^\d/.test(line)).map((line) => line.split(',').at(-1)?.trim() ?? '');
}

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-fmp4-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const pattern = ['-f', 'lavfi', '-t', '2', '-i', 'testsrc2=s=640x360:r=25'];
const sources = [
  { name: 'H.264 without B-frames', encoder: ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'], reorders: false },
  { name: 'H.264 with B-frames', encoder: ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '25'], reorders: true },
  { name: 'H.264 interlaced', encoder: ['-c:v', 'libx264', '-flags', '+ildct+ilme', '-bf', '2', '-g', '25', '-pix_fmt', 'yuv420p'], reorders: true },
  { name: 'HEVC without B-frames', encoder: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:bframes=0:keyint=25'], reorders: false },
  { name: 'HEVC with B-frames', encoder: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:bframes=3:keyint=25', '-tag:v', 'hvc1'], reorders: true },
] as const;

describe.each(sources)('$name', ({ name, encoder, reorders }) => {
  let file = '';
  let bytes: Buffer = Buffer.alloc(0);
  let reading: Reading = { tracks: [], samples: [] };

  beforeAll(async () => {
    file = join(folder, `${name}.mp4`);
    bytes = await run('ffmpeg', [...pattern, ...encoder, ...perFrame, '-f', 'mp4', 'pipe:1']);
    await writeFile(file, bytes);
    reading = read(bytes, 65_536);
  });

  testWithFfprobe('times, sizes and keyframes are what ffprobe sees', async () => {
    const [track] = reading.tracks;
    if (!track) {
      throw new Error('no track');
    }
    const packets = await packetsOf(file);
    const seconds = (ticks: number): string => (ticks / track.timescale).toFixed(6);
    expect(packets).toHaveLength(50);
    // FFmpeg 5.1 gets single times wrong where several tracks share an output; alone they are right.
    expect(reading.samples.map(({ decodeTime }) => decodeTime)).toEqual(packets.map((_, index) => (index * track.timescale) / 25));
    expect(
      reading.samples.map((sample) => ({
        pts_time: seconds(sample.decodeTime + track.presentationOffset + sample.compositionOffset),
        dts_time: seconds(sample.decodeTime + track.presentationOffset),
        size: String(sample.data.length),
        key: sample.sync,
      })),
    ).toEqual(packets.map(({ pts_time, dts_time, size, flags }) => ({ pts_time, dts_time, size, key: flags.startsWith('K') })));
  });

  test('the pictures themselves say the same of keyframes, and the format of reordering', () => {
    const [track] = reading.tracks;
    const format = track && videoFormatFromTrack(track);
    expect(format).toMatchObject({ width: 640, height: 360, reorders });
    expect(reading.samples.map(({ data }) => format && isKeyframe(format.codec, data))).toEqual(reading.samples.map(({ sync }) => sync));
    expect(reading.samples.filter(({ sync }) => sync)).toHaveLength(2);
  });

  test('each sample holds its own memory, and odd chunks change nothing', () => {
    expect(reading.samples.every(({ data }) => data.buffer.byteLength === data.length)).toBe(true);
    expect(summaryOf(read(bytes, 1))).toEqual(summaryOf(reading));
    expect(summaryOf(read(bytes, 997))).toEqual(summaryOf(reading));
  });

  test('written again by us, FFmpeg decodes the same pictures at the same times', async () => {
    const [track] = reading.tracks;
    if (!track) {
      throw new Error('no track');
    }
    const to90k = (ticks: number): number => Math.round((ticks * 90_000) / track.timescale);
    const parts = reading.samples.flatMap((sample, index) =>
      writeFragment({
        sequence: index + 1,
        baseDecodeTimeTicks: to90k(sample.decodeTime),
        samples: [{ data: sample.data, durationTicks: 0, keyframe: sample.sync, compositionOffsetTicks: to90k(sample.compositionOffset) }],
      }),
    );
    const written = [writeInit({ ...videoFormatFromTrack(track), timescale: 90_000 }), ...parts];
    expect(await frameSums(['-f', 'mp4', '-i', 'pipe:0'], written)).toEqual(await frameSums(['-i', file]));
    const copy = `${file}.ours.mp4`;
    await writeFile(copy, Buffer.concat(written));
    const editSeconds = track.presentationOffset / track.timescale;
    const ours = (await packetsOf(copy)).map(({ pts_time }) => (Number(pts_time) + editSeconds).toFixed(4));
    expect(ours).toEqual((await packetsOf(file)).map(({ pts_time }) => Number(pts_time).toFixed(4)));
  });

  test('as Annex B, FFmpeg decodes the same pictures', async () => {
    const [track] = reading.tracks;
    const format = track && videoFormatFromTrack(track);
    if (!format) {
      throw new Error('no track');
    }
    const sets = format.parameterSets.map((set) => Buffer.concat([Buffer.from([0, 0, 0, 1]), set]));
    const annexB = [...sets, ...reading.samples.map(({ data }) => toAnnexB(data))];
    expect(await frameSums(['-f', format.codec, '-i', 'pipe:0'], annexB)).toEqual(await frameSums(['-i', file]));
    expect(fromAnnexB(Buffer.concat(annexB.slice(sets.length))).equals(Buffer.concat(reading.samples.map(({ data }) => data)))).toBe(true);
  });
});

test('avcC is written as FFmpeg writes it', async () => {
  for (const profile of ['baseline', 'main', 'high', 'high10', 'high422', 'high444']) {
    const pixels = { high10: 'yuv420p10le', high422: 'yuv422p', high444: 'yuv444p' }[profile] ?? 'yuv420p';
    const { tracks } = read(await run('ffmpeg', [...pattern, '-frames:v', '2', '-c:v', 'libx264', '-preset', 'superfast', '-profile:v', profile, '-pix_fmt', pixels, ...perFrame, '-f', 'mp4', 'pipe:1']), 65_536);
    const [track] = tracks;
    expect(track && writeAvcC(videoFormatFromTrack(track)).toString('hex')).toBe(track && Buffer.from(track.config).toString('hex'));
  }
});

const soundOutputs = [
  { name: 'AAC', args: ['-c:a', 'aac', '-ar', '16000', '-ac', '1', '-f', 'mp4'], facts: { codec: 'aac', channels: 1, sampleRate: 16_000 } },
  { name: 'AAC in MOV', args: ['-c:a', 'aac', '-ar', '48000', '-ac', '2', '-f', 'mov'], facts: { codec: 'aac', channels: 2, sampleRate: 48_000 } },
  { name: 'Opus', args: ['-c:a', 'libopus', '-ar', '48000', '-ac', '1', '-f', 'mp4'], facts: { codec: 'opus', channels: 1, sampleRate: 48_000 } },
  { name: 'G.711 mu-law in MOV', args: ['-c:a', 'pcm_mulaw', '-ar', '8000', '-ac', '1', '-f', 'mov'], facts: { codec: 'pcm_mulaw', channels: 1, sampleRate: 8000 } },
  { name: 'G.711 A-law in MOV', args: ['-c:a', 'pcm_alaw', '-ar', '8000', '-ac', '1', '-f', 'mov'], facts: { codec: 'pcm_alaw', channels: 1, sampleRate: 8000 } },
] as const;

test.each(soundOutputs)('sound as $name in an output of its own keeps the clock it shares with the picture', async ({ args, facts }) => {
  const sound = join(folder, 'sound');
  const video = join(folder, 'video');
  // The sound of the input begins 1.1 s after its picture.
  const input = [...pattern, '-itsoffset', '1.1', '-f', 'lavfi', '-t', '2', '-i', 'sine=r=48000'];
  await run('ffmpeg', ['-y', ...input, '-map', '0:v', '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', ...perFrame, '-f', 'mp4', video, '-map', '1:a', ...perFrame, ...args, sound]);
  const { tracks, samples } = read(await readFile(sound), 4096);
  const [track] = tracks;
  expect(track).toMatchObject({ kind: 'audio', ...facts });
  const startOf = ({ tracks: [first], samples: [sample] }: Reading): number => (first && sample ? (sample.decodeTime + sample.compositionOffset + first.presentationOffset) / first.timescale : NaN);
  const offset = startOf({ tracks, samples }) - startOf(read(await readFile(video), 4096));
  // Encoders begin with up to 65 ms of priming.
  expect(offset).toBeGreaterThan(1.1 - 0.066);
  expect(offset).toBeLessThan(1.1 + 0.002);
  const packets = await packetsOf(sound);
  expect(samples.map(({ data }) => data.length)).toEqual(packets.map(({ size }) => Number(size)));
});

test('picture and AAC written into one file are what FFmpeg decodes', async () => {
  const picture = join(folder, 'picture.mp4');
  const sound = join(folder, 'sound.mp4');
  const outputs = ['-map', '0:v', '-c:v', 'libx264', '-preset', 'ultrafast', ...perFrame, '-f', 'mp4', picture, '-map', '1:a', '-c:a', 'aac', ...perFrame, '-f', 'mp4', sound];
  await run('ffmpeg', ['-y', ...pattern, '-f', 'lavfi', '-t', '2', '-i', 'sine=r=16000', ...outputs]);
  const video = read(await readFile(picture), 65_536);
  const audio = read(await readFile(sound), 65_536);
  const [videoTrack] = video.tracks;
  const [audioTrack] = audio.tracks;
  if (!videoTrack || audioTrack?.kind !== 'audio') {
    throw new Error('no tracks');
  }
  const { config, channels, sampleRate, timescale } = audioTrack;
  const init = writeInit({ ...videoFormatFromTrack(videoTrack), timescale: videoTrack.timescale }, { codec: 'aac', config, channels, sampleRate, timescale });
  const runOf = (trackId: number, { samples }: Reading): TrackRun => ({
    trackId,
    baseDecodeTimeTicks: 0,
    samples: samples.map(({ data, duration, sync }) => ({ data, durationTicks: duration, keyframe: sync, compositionOffsetTicks: 0 })),
  });
  const written = [init, ...writeFragmentOfTracks(1, [runOf(1, video), runOf(2, audio)])];
  const ours = ['-f', 'mp4', '-i', 'pipe:0'];
  expect(await frameSums(ours, written)).toEqual(await frameSums(['-i', picture]));
  const pcm = (args: readonly string[], input: readonly Uint8Array[] = []): Promise<Buffer> => run('ffmpeg', [...args, '-map', '0:a', '-f', 's16le', '-'], input);
  const theirSound = await pcm(['-i', sound]);
  expect(theirSound.length).toBeGreaterThan(60_000);
  expect((await pcm(ours, written)).equals(theirSound)).toBe(true);
});

test('a camera that changes its picture size in the stream', async () => {
  const stream = async (size: string): Promise<Buffer> => run('ffmpeg', ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`, '-frames:v', '10', '-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'h264', 'pipe:1']);
  const both = Buffer.concat([await stream('320x240'), await stream('640x480')]);
  const { tracks, samples } = read(await run('ffmpeg', ['-f', 'h264', '-i', 'pipe:0', '-c', 'copy', ...perFrame, '-f', 'mp4', 'pipe:1'], [both]), 65_536);
  const [track] = tracks;
  if (!track) {
    throw new Error('no track');
  }
  let format = videoFormatFromTrack(track);
  const formats = samples.map(({ data }) => (format = withInBandParameterSets(format, data)));
  expect(new Set(formats).size).toBe(2);
  expect(formats.map(({ width, height }) => `${width}x${height}`)).toEqual([...Array<string>(10).fill('320x240'), ...Array<string>(10).fill('640x480')]);
});

describe('SPS written by hand for the other tests are valid', () => {
  const pps = Buffer.from('68ce3880', 'hex');
  const hevcSets = parameterSetFixtures.find(({ codec }) => codec === 'hevc')?.sets ?? [];
  const hevc = (sps: Uint8Array): Uint8Array[] => [Buffer.from(hevcSets[0] ?? '', 'hex'), sps, Buffer.from(hevcSets[2] ?? '', 'hex')];
  const main = { profileIdc: 77, constraints: 0, levelIdc: 40, pocType: 0, widthMbs: 120, heightMapUnits: 68, framesOnly: true, crop: [0, 0, 0, 4] } as const;

  testWithFfprobe.each([
    ['h264', [h264Sps({ ...main, vui: { fullRange: true, reorderFrames: 2 } }), pps]],
    ['h264', [h264Sps({ ...main, vui: { fullRange: true, reorderFrames: 2, hrds: 2 } }), pps]],
    ['h264', [h264Sps({ ...main, profileIdc: 100, scalingLists: true, vui: { fullRange: true } }), pps]],
    ['h264', [h264Sps({ ...main, pocType: 1, vui: { fullRange: true } }), pps]],
    ['h264', [h264Sps({ ...main, framesOnly: false, heightMapUnits: 34, crop: [0, 0, 0, 2], vui: { fullRange: false } }), pps]],
    ['h264', [h264Sps({ ...main, profileIdc: 122, chromaFormat: 2, crop: [0, 1, 0, 8], vui: { fullRange: true } }), pps]],
    ['h264', [h264Sps({ ...main, profileIdc: 244, chromaFormat: 3, crop: [1, 2, 3, 4], vui: { fullRange: true } }), pps]],
    ['hevc', hevc(hevcSps({ fullRange: true }))],
    ['hevc', hevc(hevcSps({ fullRange: false }))],
    ['hevc', hevc(hevcSps({ refPicSets: true, fullRange: true }))],
    ['hevc', hevc(hevcSps({ pcm: true, fullRange: true }))],
    ['hevc', hevc(hevcSps({ longTerm: true, fullRange: true }))],
    ['hevc', hevc(hevcSps({ scalingLists: true, fullRange: true }))],
    ['hevc', hevc(hevcSps({ subLayers: 2, reorderPics: [0, 1, 2], fullRange: true }))],
    ['hevc', hevc(hevcSps({ refPicSets: true, pcm: true, longTerm: true, scalingLists: true, subLayers: 2, fullRange: true }))],
  ] as const)('%s %#', async (codec, sets) => {
    const format = videoFormatFromParameterSets(codec, sets);
    const file = join(folder, 'headers.mp4');
    // FFmpeg reads the SPS of H.264 only with a picture: first macroblock 0, I slice, PPS 0.
    const picture = writeFragment({ sequence: 1, baseDecodeTimeTicks: 0, samples: [{ data: joinNals([Buffer.from('658880407fff', 'hex')]), durationTicks: 3000, keyframe: true, compositionOffsetTicks: 0 }] });
    await writeFile(file, Buffer.concat([writeInit({ ...format, width: 16, height: 16, timescale: 90_000 }), ...(codec === 'h264' ? picture : [])]));
    const text = await run('ffprobe', ['-show_streams', '-of', 'json', file]);
    const [stream] = (JSON.parse(text.toString()) as { streams: { width: number; height: number; level: number; has_b_frames: number; color_range?: string }[] }).streams;
    expect(stream).toMatchObject({
      width: format.width,
      height: format.height,
      level: Math.round(Number(format.level) * (codec === 'h264' ? 10 : 30)),
      has_b_frames: format.reorders === true ? 2 : 0,
      color_range: format.fullRange ? 'pc' : 'tv',
    });
  });
});
