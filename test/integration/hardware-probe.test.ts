import { chmod, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FfmpegProcess } from '../../src/ffmpeg/ffmpeg-process.js';
import { runningFfmpegs } from '../../src/ffmpeg/running-ffmpegs.js';
import { FfmpegSearch } from '../../src/ffmpeg/ffmpeg-search.js';
import { Hardware, type HardwareOptions } from '../../src/ffmpeg/hardware/hardware.js';
import { presetTable } from '../../src/ffmpeg/hardware/presets.js';
import { readSample } from '../../src/ffmpeg/hardware/probe-sample.js';
import { trials } from '../../src/ffmpeg/hardware/trials.js';
import { startFakeGpu, type FakeGpu } from '../support/fake-gpu.js';
import { ffmpegPath } from '../support/house.js';
import { until } from '../support/until.js';

const hd = { codec: 'h264', width: 1920, height: 1080 } as const;
const hevc = { ...hd, codec: 'hevc' } as const;
const picture = { width: 1280, height: 720 };

let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-hardware-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Tried extends AsyncDisposable {
  readonly hardware: Hardware;
  readonly said: readonly string[];
  readonly file: string;
}

/** With a results file of its own, unless told another. */
function look(options: Partial<HardwareOptions> & { readonly path: string }): Tried {
  const said: string[] = [];
  const note = (level: string) => (line: string) => void said.push(`${level}: ${line}`);
  const log = { info: note('info'), warn: note('warn'), error: note('error'), debug: () => undefined };
  const file = options.file ?? join(folder, `${(files += 1)}`, 'hardware.json');
  const search = new FfmpegSearch(options.path, () => undefined);
  const hardware = new Hardware({ search, wanted: 'nvidia', log, ...options, file });
  return { hardware, said, file, [Symbol.asyncDispose]: () => hardware[Symbol.asyncDispose]() };
}

/** Who does what: 'nvidia', 'software'. */
async function choices(hardware: Hardware): Promise<Record<string, string>> {
  const [h264, h265, encoder, recording] = await Promise.all([hardware.decoder(hd), hardware.decoder(hevc), hardware.encoder(picture), hardware.recording(hevc, picture)]);
  expect(recording.decode.ffmpeg).toBe(recording.encode.ffmpeg);
  return { h264: h264.preset.name, hevc: h265.preset.name, encoder: encoder.preset.name, recording: `${recording.decode.preset.name} > ${recording.encode.preset.name}` };
}

/** What the GPU was asked for. */
function gpuStarts(gpu: FakeGpu): number {
  return gpu.starts().filter(({ decodes, encodes }) => decodes || encodes).length;
}

const nvidia = { h264: 'nvidia', hevc: 'nvidia', encoder: 'nvidia', recording: 'nvidia > nvidia' };
const software = { h264: 'software', hevc: 'software', encoder: 'software', recording: 'software > software' };

describe('a GPU that works', () => {
  test('is tried two at once, chosen for everything, and shown in one table; until then the answer is software', async () => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath });
    await using tried = look({ path: gpu.path });
    expect((await tried.hardware.decoder(hd)).because).toBe('the graphics hardware is still being tried');
    expect(await choices(tried.hardware)).toEqual(software);
    expect(tried.said).toEqual([]);
    let mostRunning = 0;
    const sampling = setInterval(() => (mostRunning = Math.max(mostRunning, runningFfmpegs().length)), 5);
    await tried.hardware.settled;
    clearInterval(sampling);
    // Two trials, each twice, each an FFmpeg with another one before or behind it.
    expect(mostRunning).toBeLessThanOrEqual(2 * 2 * 2);
    expect(await choices(tried.hardware)).toEqual(nvidia);
    expect((await tried.hardware.encoder(picture)).ffmpeg.path).toBe(gpu.path);
    expect(await tried.hardware.decoder({ codec: 'h264', width: 320, height: 180 })).toMatchObject({ preset: { name: 'software' }, because: '320x180 costs less to decode in software' });
    expect(gpuStarts(gpu)).toBe(9 * 2);
    expect(tried.said).toHaveLength(1);
    const lines = (tried.said[0] ?? '').split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'info: Graphics hardware, just tried:',
      expect.stringMatching(/^ {2}NVIDIA, FFmpeg \S+ from the option "ffmpegPath":$/),
      '    works: decoding H.264, decoding HEVC, encoding H.264, recordings of H.264, recordings of HEVC',
    ]);
    expect(lines.slice(-2)).toEqual(['  Chosen: NVIDIA for everything.', expect.stringMatching(/^ {4}by FFmpeg \S+ from the option "ffmpegPath"$/)]);
    expect(runningFfmpegs()).toHaveLength(0);
  }, 60_000);

  test('is remembered: after a restart it is not tried again, only what failed is', async () => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath });
    const file = join(folder, 'remembered', 'hardware.json');
    {
      await using first = look({ path: gpu.path, file });
      await first.hardware.settled;
    }
    const before = gpuStarts(gpu);
    await using second = look({ path: gpu.path, file });
    await second.hardware.settled;
    expect(gpuStarts(gpu)).toBe(before);
    expect(await choices(second.hardware)).toEqual(nvidia);
    expect(second.said.join('\n')).toMatch(/NVIDIA for everything/);

    // The program is another one now.
    await utimes(gpu.path, 1_000_000, 1_000_000);
    await using third = look({ path: gpu.path, file });
    await third.hardware.settled;
    expect(gpuStarts(gpu)).toBe(before + 9 * 2);
  }, 90_000);
});

describe('a GPU that does a part', () => {
  test.each([
    ['decoder-only', { h264: 'nvidia', hevc: 'nvidia', encoder: 'software', recording: 'nvidia > software' }],
    ['falls-back', { h264: 'software', hevc: 'software', encoder: 'nvidia', recording: 'software > nvidia' }],
    ['encoder-only', { h264: 'software', hevc: 'software', encoder: 'nvidia', recording: 'software > nvidia' }],
  ] as const)('%s: software does the other', async (mode, expected) => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath, mode });
    await using tried = look({ path: gpu.path });
    await tried.hardware.settled;
    expect(await choices(tried.hardware)).toEqual(expected);
    expect(tried.said).toHaveLength(1);
  }, 60_000);
});

describe('a GPU that does not work', () => {
  test('at probing: software, with FFmpeg\'s own reason', async () => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath, mode: 'fails' });
    await using tried = look({ path: gpu.path });
    await tried.hardware.settled;
    expect(await choices(tried.hardware)).toEqual(software);
    expect(gpuStarts(gpu)).toBe(3 * 2); // What builds on these has no hope.
    expect(tried.said[0]).toContain('fails: encoding H.264: OpenEncodeSessionEx failed: out of memory (10): (no details)');
    expect(tried.said[1]).toMatch(/^warn: Hardware: .*\(NVIDIA: .*CUDA_ERROR_NO_DEVICE.*\[hardware-unusable\]$/);
    expect(tried.said).toHaveLength(2);
  }, 60_000);

  test('that hangs is given up after ten seconds, and nothing is left running', async () => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath, mode: 'hangs' });
    await using tried = look({ path: gpu.path });
    await tried.hardware.settled;
    expect(await choices(tried.hardware)).toEqual(software);
    expect(tried.said[0]).toContain('no answer within 10 s');
    expect(runningFfmpegs()).toHaveLength(0);
  }, 90_000);

  test('is given up at once when Homebridge ends', async () => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath, mode: 'hangs' });
    const tried = look({ path: gpu.path });
    await until('the GPU to be tried', () => gpuStarts(gpu) > 0);
    const ended = performance.now();
    await tried.hardware[Symbol.asyncDispose]();
    expect(performance.now() - ended).toBeLessThan(5_000);
    expect(runningFfmpegs()).toHaveLength(0);
    expect(tried.said).toEqual([]);
  }, 30_000);
});

describe('a GPU that fails while it runs', () => {
  test('is looked at again after a day, and used when it was repaired', async () => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath, mode: 'fails' });
    let laterMs = 0;
    await using tried = look({ path: gpu.path, clock: { nowMs: () => performance.now() + laterMs, dateMs: () => Date.now() + laterMs } });
    await tried.hardware.settled;
    gpu.set('decoder-only');
    laterMs = 86_300_000;
    await tried.hardware.decoder(hd);
    expect(gpuStarts(gpu)).toBe(3 * 2);
    laterMs = 86_500_000;
    await until('the repaired one to be used', async () => (await tried.hardware.decoder(hd)).preset.name === 'nvidia', 50_000);
    expect(await choices(tried.hardware)).toEqual({ h264: 'nvidia', hevc: 'nvidia', encoder: 'software', recording: 'nvidia > software' });
    expect(tried.said.filter((line) => line.includes('just tried'))).toHaveLength(2);
  }, 60_000);

  test('is set aside for its role, told once, shown as such, and software is not', async () => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath });
    await using tried = look({ path: gpu.path });
    await tried.hardware.settled;
    const choice = await tried.hardware.encoder(picture);
    expect(tried.hardware.failed(choice, 'encode', 'EncodePicture failed!: device lost (10)')).toBe(true);
    expect(tried.hardware.failed(choice, 'encode', 'and again')).toBe(true);
    expect(tried.said.slice(1)).toEqual([
      expect.stringMatching(/^warn: Hardware: .* \(NVIDIA while encoding: EncodePicture failed!: device lost \(10\); software takes its place\)\. .*\[hardware-failed\]$/),
    ]);
    expect(await choices(tried.hardware)).toEqual({ ...nvidia, encoder: 'software', recording: 'nvidia > software' });
    expect(tried.hardware.status().presets[0]?.setAside).toEqual([{ role: 'encode', forSeconds: 600, because: 'and again' }]);
    expect(tried.hardware.status().chosen.encode).toEqual({ by: 'software', because: 'NVIDIA is set aside (and again)' });
    expect(tried.hardware.failed(await tried.hardware.encoder(picture), 'encode', 'whatever')).toBe(false);
    expect(tried.said).toHaveLength(2);
  }, 60_000);
});

test('the fake GPU that dies does so in the middle of its work, with a last word', async () => {
  await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath, mode: 'dies' });
  const use = { ffmpeg: { path: gpu.path, version: '7.0', libavutilMajor: 58, origin: 'test' }, preset: presetTable.nvidia };
  await using run = new FfmpegProcess({ path: gpu.path, args: trials['decode h264'].argumentsFor(use), role: 'probe' });
  const started = performance.now();
  run.stdout.resume();
  run.stdin.write(await readSample('h264'));
  expect(await run.ended).toMatchObject({ code: 1, asked: false, said: expect.stringMatching(/device lost/) });
  expect(performance.now() - started).toBeGreaterThan(2_500);
}, 30_000);

describe('without any GPU', () => {
  test.each(['nvidia', 'vaapi', 'qsv', 'v4l2m2m'] as const)('the real arguments of %s end in software, with a reason and what to do', async (wanted) => {
    await using tried = look({ path: ffmpegPath, wanted });
    await tried.hardware.settled;
    expect(await choices(tried.hardware)).toEqual(software);
    const [warning] = tried.said.filter((line) => line.startsWith('warn'));
    expect(warning).toMatch(/docs\/hardware\.md.*\[hardware-unusable\]$/);
    expect(warning).not.toMatch(/Option not found|Unrecognized option|No such filter/);
  }, 60_000);

  test('hardware that the user does not want is not tried', async () => {
    await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath });
    await using tried = look({ path: gpu.path, wanted: 'software' });
    await tried.hardware.settled;
    expect(await choices(tried.hardware)).toEqual(software);
    expect(gpuStarts(gpu)).toBe(0);
    expect(tried.said).toEqual([]);
  }, 30_000);
});

describe('an FFmpeg for software', () => {
  /** Stands in front of the real one and lists no encoder of this name. */
  async function without(encoder: string): Promise<string> {
    const path = join(folder, `without-${encoder}`);
    await writeFile(path, `#!/bin/sh\ncase "$*" in *-encoders*) '${await realPath()}' "$@" | grep -v ' ${encoder} ' ;; *) exec '${await realPath()}' "$@" ;; esac\n`);
    await chmod(path, 0o755);
    return path;
  }

  test('that cannot encode gives way to one that can, for encoding alone', async () => {
    const [path, able] = [await without('libx264'), await realPath()];
    const search = new FfmpegSearch(path, () => undefined, [{ origin: 'the first', path }, { origin: 'the second', path: able }]);
    await search.all(); // What they have is known; who must not wait takes the first one.
    await using tried = look({ path, wanted: 'software', search });
    expect((await tried.hardware.decoder(hd)).ffmpeg.path).toBe(path);
    expect((await tried.hardware.encoder(picture)).ffmpeg.path).toBe(able);
    expect((await tried.hardware.recording(hd, picture)).decode.ffmpeg.path).toBe(able);
  }, 30_000);

  async function realPath(): Promise<string> {
    const [found] = await new FfmpegSearch(ffmpegPath, () => undefined).all();
    return found?.file.path ?? ffmpegPath;
  }
});

test('a damaged file of results is set aside, told, and a new one is written', async () => {
  await using gpu = await startFakeGpu({ realFfmpeg: ffmpegPath, mode: 'fails' });
  const file = join(folder, 'damaged.json');
  await writeFile(file, '{ "version": 1, "results": [ {');
  await using tried = look({ path: gpu.path, file });
  await tried.hardware.settled;
  expect(tried.said[0]).toMatch(/^warn: Hardware: .*damaged, set aside as .*damaged\.damaged-.*\.json.*\[hardware-file-unusable\]$/);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 1, results: expect.arrayContaining([expect.objectContaining({ because: expect.stringContaining('OpenEncodeSessionEx') })]) });
}, 60_000);
