import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { findFfmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { presetTable } from '../../src/ffmpeg/hardware/presets.js';
import type { DecodeRequest, EncodeRequest, HardwareUse, RecordingConversionRequest } from '../../src/ffmpeg/hardware/requests.js';
import { decodeArguments, encodeArguments, recordingConversionArguments } from '../../src/ffmpeg/hardware/video-arguments.js';
import type { AccessUnit } from '../../src/media/access-unit.js';
import { unitReader } from '../../src/pipeline/unit-reader.js';
import { UnitWriter } from '../../src/pipeline/unit-writer.js';
import { loadFootage, type Footage } from '../support/camera/footage.js';
import { ffmpegPath } from '../support/house.js';
import { asFmp4, picturesIn, runFfmpeg, unitsIn, unitsOf } from '../support/video-runs.js';

let software: HardwareUse;
let h264: Footage;
let hevc: Footage;
let bFrames: Footage;

const size = { width: 640, height: 360, fps: 30, keyframeSeconds: 2, seconds: 6, bitrateKbps: 1500 } as const;
const source = { sourceWidth: 640, sourceHeight: 360 } as const;

beforeAll(async () => {
  const { ffmpeg } = await findFfmpeg([{ origin: 'test', path: ffmpegPath }]);
  software = { ffmpeg, preset: presetTable.software };
  [h264, hevc, bFrames] = await Promise.all([
    loadFootage(size, ffmpegPath),
    loadFootage({ ...size, codec: 'hevc' }, ffmpegPath),
    loadFootage({ ...size, bFrames: 2 }, ffmpegPath),
  ]);
}, 120_000);

const decoding: DecodeRequest = { ...source, codec: 'h264', width: 320, height: 180 };
const shownTimes = (units: readonly AccessUnit[]): number[] => units.map(({ timeMs }) => timeMs).sort((one, other) => one - other);

/** To 1/90000 s. */
function expectTimes(times: readonly number[], wanted: readonly number[]): void {
  const wrong = times.flatMap((ms, index) => (Math.round(ms * 90) === Math.round((wanted[index] ?? NaN) * 90) ? [] : [`${index}: ${ms} instead of ${wanted[index] ?? 'none'}`]));
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(times).toHaveLength(wanted.length);
}

describe('decode', () => {
  test.each([
    ['H.264', () => h264, decoding],
    ['HEVC', () => hevc, { ...decoding, codec: 'hevc' }],
    ['H.264 with B-frames', () => bFrames, decoding],
    ['H.264 in its own size', () => h264, { ...decoding, width: 640, height: 360 }],
  ] as const)('%s comes out whole, in the asked size, with the uneven times of the camera', async (_name, footage, request) => {
    // B-frames are sorted by time: uneven times would change their order.
    const units = unitsOf(footage(), footage().settings.bFrames > 0 ? 0 : 20);
    const pictures = await picturesIn(await runFfmpeg(decodeArguments(software, request), await asFmp4(units)));
    expectTimes(pictures.map(({ timeMs }) => timeMs), shownTimes(units)); // prettier-ignore
    expect(new Set(pictures.map(({ bytes }) => bytes.length))).toEqual(new Set([(request.width * request.height * 3) / 2]));
  });

  test('pictures above the asked rate are left out, the others keep their times', async () => {
    const units = unitsOf(h264);
    const pictures = await picturesIn(await runFfmpeg(decodeArguments(software, { ...decoding, maxFps: 10 }), await asFmp4(units)));
    expectTimes(pictures.map(({ timeMs }) => timeMs), shownTimes(units).filter((_, index) => index % 3 === 0)); // prettier-ignore
  });

  test.each([
    ['full range', ['-pix_fmt', 'yuvj420p', '-c:v', 'libx264'], 'h264'],
    ['10 bits', ['-pix_fmt', 'yuv420p10le', '-c:v', 'libx265', '-x265-params', 'log-level=error', '-tag:v', 'hvc1'], 'hevc'],
    ['full range of 10 bits', ['-color_range', 'pc', '-pix_fmt', 'yuv420p10le', '-c:v', 'libx265', '-x265-params', 'log-level=error:range=full', '-tag:v', 'hvc1'], 'hevc'],
  ] as const)('%s becomes limited range of 8 bits', async (_name, encoder, codec) => {
    const nut = await runFfmpeg(decodeArguments(software, { ...decoding, codec }), await blackAndWhite(encoder));
    const luma = (await picturesIn(nut))[0]?.bytes.subarray(0, 320 * 180) ?? Buffer.alloc(0);
    expect(luma).toHaveLength(320 * 180);
    expect(luma[0]).toBeGreaterThan(13);
    expect(luma[0]).toBeLessThan(19);
    expect(luma[319]).toBeGreaterThan(232);
    expect(luma[319]).toBeLessThan(238);
  });

  test('a picture comes out before the one after the next goes in', async () => {
    const units = unitsOf(h264);
    const [first] = units;
    await using run = start(decodeArguments(software, decoding));
    let bytes = 0;
    run.child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
    const writer = new UnitWriter(run.child.stdin, first ?? fail('no footage'));
    for (const [index, unit] of units.slice(0, 40).entries()) {
      writer.write(unit);
      await run.until(() => bytes >= index * 320 * 180 * 1.5, `picture ${index - 1} after picture ${index} went in`);
    }
  });
});

describe('encode', () => {
  const request: EncodeRequest = { ...source, width: 640, height: 360, fps: 30, bitrateKbps: 300, profile: 'high', level: '3.1' };
  /** What encoders of the pipeline read: the footage, decoded. */
  const raw = async (unevenMs = 0): Promise<Buffer> =>
    await runFfmpeg(decodeArguments(software, { ...decoding, width: 640, height: 360 }), await asFmp4(unitsOf(h264, unevenMs)));

  test('at uneven times: the times are kept, keyframes come every 2 s, no B-frames, and never more than 1.2 times the bitrate', async () => {
    const encoded = unitsIn(await runFfmpeg(encodeArguments(software, request), await raw(25)));
    expectTimes(encoded.map(({ timeMs }) => timeMs), shownTimes(unitsOf(h264, 25))); // prettier-ignore
    expect(encoded.map(({ decodeTimeMs }) => decodeTimeMs)).toEqual(encoded.map(({ timeMs }) => timeMs));
    expect(encoded.flatMap(({ keyframe }, index) => (keyframe ? [index] : []))).toEqual([0, 60, 120]);
    expect(highestKbps(encoded, 2)).toBeLessThan(1.2 * 300);
    expect(highestKbps(encoded, 2)).toBeGreaterThan(0.8 * 300);
    expect(encoded[0]?.format).toMatchObject({ width: 640, height: 360, profile: 'High', level: '3.1', fullRange: false, reorders: false });
  });

  test.each([
    ['baseline', '3.1', 'Constrained Baseline'],
    ['main', '3.2', 'Main'],
    ['high', '4.0', 'High'],
  ] as const)('profile %s and level %s are what is encoded', async (profile, level, name) => {
    const encoded = unitsIn(await runFfmpeg(encodeArguments(software, { ...request, width: 320, height: 180, profile, level }), await raw()));
    expect(encoded[0]?.format).toMatchObject({ width: 320, height: 180, profile: name, level });
  });

  test('a picture comes out before the one after the next goes in', async () => {
    await using run = start(encodeArguments(software, request));
    const encoded: AccessUnit[] = [];
    const reader = unitReader(() => 0, (unit) => encoded.push(unit));
    run.child.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
    for (const [index, picture] of splitNut(await raw()).slice(0, 40).entries()) {
      run.child.stdin.write(picture);
      await run.until(() => encoded.length >= index, `picture ${index - 1} after picture ${index} went in`);
    }
  });
});

describe('recording', () => {
  const request: RecordingConversionRequest = {
    ...source, codec: 'h264', width: 640, height: 480, bitrateKbps: 800, profile: 'main', level: '3.1', maxFps: 15, keyframeSeconds: 1.95, fromSeconds: 1,
  }; // prettier-ignore

  test.each([['h264', () => h264], ['hevc', () => hevc]] as const)('%s: from the asked time on, at most the asked rate, keyframes by time', async (codec, footage) => {
    const units = unitsOf(footage());
    const recorded = unitsIn(await runFfmpeg(recordingConversionArguments(software, software, { ...request, codec }), await asFmp4(units)));
    // One more at the start: it makes up for what was due before.
    expectTimes(recorded.map(({ timeMs }) => timeMs), shownTimes(units).filter((ms, index) => ms >= 1000 && (index % 2 === 0 || index === 31))); // prettier-ignore
    expect(recorded.flatMap(({ keyframe, timeMs }) => (keyframe ? [Math.round(timeMs)] : []))).toEqual([1000, 3000, 4933]);
    expect(recorded[0]?.format).toMatchObject({ width: 640, height: 480, profile: 'Main', level: '3.1', fullRange: false });
  });

  test('the shape is kept, with black bars to the exact size', async () => {
    const recorded = await runFfmpeg(recordingConversionArguments(software, software, request), await asFmp4(unitsOf(h264)));
    const [picture] = await grey(recorded, 640, 480);
    const row = (y: number): number => Math.max(...(picture ?? Buffer.alloc(0)).subarray(y * 640, (y + 1) * 640));
    // 640x360 in 640x480: 60 rows above and below.
    expect([row(0), row(56), row(424), row(479)].every((brightest) => brightest < 24)).toBe(true);
    expect(Math.min(row(64), row(240), row(410))).toBeGreaterThan(60);
  });

  test('full range becomes limited', async () => {
    const input = await blackAndWhite(['-pix_fmt', 'yuvj420p', '-c:v', 'libx264']);
    const recorded = await runFfmpeg(recordingConversionArguments(software, software, { ...request, fromSeconds: 0, sourceFullRange: true }), input);
    expect(unitsIn(recorded)[0]?.format.fullRange).toBe(false);
    const [picture] = await grey(recorded, 640, 480);
    expect(Math.abs((picture?.[240 * 640] ?? 0) - 16)).toBeLessThan(4);
    expect(Math.abs((picture?.[240 * 640 + 639] ?? 0) - 235)).toBeLessThan(4);
  });
});

/** Half a second of a picture that is black on its left and white on its right. */
async function blackAndWhite(encoder: readonly string[]): Promise<Buffer> {
  const filter = 'color=black:size=640x360:rate=30:duration=0.5,format=gbrp,drawbox=x=320:w=320:h=360:color=white:t=fill';
  const colours = ['-vf', encoder.includes('yuvj420p') || encoder.includes('pc') ? 'scale=out_range=full' : 'scale=out_range=tv'];
  return await runFfmpeg(
    ['-hide_banner', '-loglevel', 'error', '-nostdin', '-f', 'lavfi', '-i', filter, ...colours, ...encoder, '-f', 'mp4', '-movflags', 'frag_every_frame+empty_moov+default_base_moof', 'pipe:1'],
    Buffer.alloc(0),
  );
}

async function grey(fmp4: Buffer, width: number, height: number): Promise<Buffer[]> {
  const bytes = await runFfmpeg(['-hide_banner', '-loglevel', 'error', '-f', 'mp4', '-i', 'pipe:0', '-pix_fmt', 'yuv420p', '-f', 'rawvideo', 'pipe:1'], fmp4);
  const whole = (width * height * 3) / 2;
  return Array.from({ length: bytes.length / whole }, (_, index) => bytes.subarray(index * whole, index * whole + width * height));
}

/** Over any so many seconds. */
function highestKbps(units: readonly AccessUnit[], seconds: number): number {
  return Math.max(
    ...units.map(({ timeMs: fromMs }) => {
      const inside = units.filter(({ timeMs }) => timeMs >= fromMs && timeMs < fromMs + seconds * 1000);
      return (inside.reduce((sum, { data }) => sum + data.length, 0) * 8) / 1000 / seconds;
    }),
  );
}

/** One picture each; the first with all headers. Each picture of this size has a syncpoint in front (NUT, 'K' and its startcode). */
function splitNut(nut: Buffer): Buffer[] {
  const syncpoint = Buffer.from('4e4be4adeeca4569', 'hex');
  const starts: number[] = [];
  for (let at = nut.indexOf(syncpoint); at >= 0; at = nut.indexOf(syncpoint, at + 1)) {
    starts.push(at);
  }
  return starts.map((start, index) => nut.subarray(index === 0 ? 0 : start, starts[index + 1]));
}

/** An FFmpeg that is fed bit by bit. */
function start(args: readonly string[]) {
  const child = spawn(ffmpegPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined);
  const closed = once(child, 'close');
  return {
    child,
    until: async (isSo: () => boolean, what: string): Promise<void> => {
      const deadlineMs = performance.now() + 5_000;
      while (!isSo()) {
        if (performance.now() > deadlineMs) {
          throw new Error(`FFmpeg did not give ${what}.`);
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function fail(message: string): never {
  throw new Error(message);
}
