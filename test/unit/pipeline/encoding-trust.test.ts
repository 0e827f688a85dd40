import { expect, test } from '@jest/globals';
import { presetTable } from '../../../src/ffmpeg/hardware/presets.js';
import type { HardwareChoice } from '../../../src/ffmpeg/hardware/hardware.js';
import { EncodingTrust } from '../../../src/pipeline/source/encoding-trust.js';
import { ingestEncoding } from '../../../src/policy/ingest-encoding.js';
import type { SeenPicture } from '../../../src/policy/picture-choice.js';
import { unturned } from '../../../src/policy/picture-turn.js';
import { Problem, type ProblemCode } from '../../../src/problems.js';
import { FakeTimers } from '../../support/fake-timers.js';

const ffmpeg = { path: 'ffmpeg', version: '7.0', libavutilMajor: 59, origin: 'test' };
/** Another one, which can open the camera. */
const opening = { ...ffmpeg, path: 'opening-ffmpeg' };
const software: HardwareChoice = { ffmpeg, preset: presetTable.software, because: 'test' };
const nvidia: HardwareChoice = { ffmpeg, preset: presetTable.nvidia, because: 'test' };
const mjpeg: SeenPicture = { codec: 'mjpeg', width: 640, height: 360 };

/** A camera, and graphics hardware that counts how often it is set aside. */
class Scene {
  readonly timers = new FakeTimers();
  readonly setAside: string[] = [];
  readonly #trust: EncodingTrust;
  #stop = new AbortController();

  /** @param encodes what does, where the graphics hardware decodes. */
  constructor(encodes = nvidia) {
    this.#trust = new EncodingTrust(
      {
        encoder: async () => Promise.resolve(nvidia),
        recording: async () => Promise.resolve({ decode: { ...nvidia, codec: 'h264' }, encode: encodes }),
        inSoftware: async (because) => Promise.resolve({ ...software, because }),
        failed: ({ preset }, role, because) => this.setAside.push(`${preset.name} ${role} ${because}`) > 0,
      },
      this.timers,
    );
  }

  /** @param opens whether the FFmpeg that encodes can open the camera. @returns what encodes. */
  async connects(seen = mjpeg, opens = true): Promise<string> {
    this.#stop = new AbortController();
    this.#trust.begin(this.#stop.signal);
    const { decode, encode, hardware } = await this.#trust.choose(seen, ingestEncoding(seen, unturned), { ffmpeg: opening, canOpen: async () => Promise.resolve(opens) });
    expect(encode.ffmpeg).toBe(opens ? ffmpeg : opening);
    expect(hardware).toBe([encode, decode].map(({ preset }) => preset.name).find((name) => name !== 'software'));
    return encode.preset.name;
  }

  worksFor(ms: number): void {
    this.#trust.works();
    this.timers.advance(ms);
  }

  isCalledOff(): void {
    this.#stop.abort();
  }

  /** @returns whether the next connection is to follow at once. */
  fails(code: ProblemCode, healthyForMs = 0, inHardwaresWords = false): boolean {
    this.isCalledOff();
    return this.#trust.ended({ problem: new Problem(code, 'a reason'), healthyForMs, inHardwaresWords });
  }
}

test.each<[ProblemCode, number]>([
  ['ffmpeg-failed', 0],
  ['stream-unreadable', 0],
  ['camera-silent', 0],
  ['camera-closed', 3_000],
])('hardware that fails (%s after %i ms) is replaced at once, and set aside when software has shown that it was to blame', async (code, healthyForMs) => {
  const it = new Scene();
  expect(await it.connects()).toBe('nvidia');
  it.worksFor(healthyForMs);
  expect(it.fails(code, healthyForMs)).toBe(true);
  expect(await it.connects()).toBe('software');
  it.worksFor(9_000);
  expect(it.setAside).toEqual([]);
  it.timers.advance(2_000);
  expect(it.setAside).toEqual([expect.stringMatching(/^nvidia encode .*a reason/)]);
});

test('a camera that fails in software too keeps the hardware for all, and is tried on it again', async () => {
  const it = new Scene();
  await it.connects();
  expect(it.fails('stream-unreadable')).toBe(true);
  expect(await it.connects()).toBe('software');
  expect(it.fails('stream-unreadable')).toBe(false);
  expect(await it.connects()).toBe('nvidia');
  it.worksFor(100_000);
  expect(it.setAside).toEqual([]);
  expect(it.timers.pending).toBe(0);
});

test('software that works no longer than the hardware did proves nothing', async () => {
  const it = new Scene();
  await it.connects();
  it.fails('camera-closed', 20_000);
  await it.connects();
  it.worksFor(25_000);
  expect(it.fails('camera-closed', 25_000)).toBe(false);
  it.timers.advance(100_000);
  expect(it.setAside).toEqual([]);
});

test('a view that ends before anything is proven leaves the question open', async () => {
  const it = new Scene();
  await it.connects();
  it.fails('camera-silent');
  await it.connects();
  it.worksFor(5_000);
  it.isCalledOff();
  it.timers.advance(100_000);
  expect(it.setAside).toEqual([]);
  expect(await it.connects()).toBe('software');
  it.worksFor(10_000);
  expect(it.setAside).toHaveLength(1);
});

test('a view that ends with its first picture proves nothing', async () => {
  const it = new Scene();
  await it.connects();
  it.fails('camera-silent');
  await it.connects();
  it.isCalledOff();
  it.worksFor(100_000);
  expect(it.setAside).toEqual([]);
});

test.each<[string, Partial<SeenPicture>]>([
  ['codec', { codec: 'h264' }],
  ['width', { width: 480 }],
  ['height', { height: 480 }],
])('a camera that sends another %s by then had a reason of its own', async (_, change) => {
  const it = new Scene();
  await it.connects();
  it.fails('ffmpeg-failed');
  expect(await it.connects({ ...mjpeg, ...change })).toBe('nvidia');
});

test('hardware that only decodes is suspected as well, and set aside when software has shown that it was to blame', async () => {
  const it = new Scene(software);
  const h264 = { ...mjpeg, codec: 'h264' };
  await it.connects(h264);
  expect(it.fails('ffmpeg-failed')).toBe(true);
  await it.connects(h264);
  it.worksFor(10_000);
  expect(it.setAside).toEqual([expect.stringMatching(/^nvidia record .*a reason/)]);
});

test('hardware that says itself that it has failed is set aside at once, in the role that it had', async () => {
  const it = new Scene();
  await it.connects({ ...mjpeg, codec: 'h264' });
  expect(it.fails('ffmpeg-failed', 0, true)).toBe(true);
  expect(it.setAside).toEqual([expect.stringMatching(/^nvidia record /)]);
});

test('hardware that has worked for an hour has lost the camera', async () => {
  const it = new Scene();
  await it.connects();
  expect(it.fails('camera-closed', 3_600_000)).toBe(false);
  expect(await it.connects()).toBe('nvidia');
});

test('hardware whose FFmpeg cannot open the camera is left out, and blamed for nothing', async () => {
  const it = new Scene();
  expect(await it.connects(mjpeg, false)).toBe('software');
  expect(it.fails('ffmpeg-failed', 0, true)).toBe(false);
  await it.connects();
  it.fails('camera-silent');
  expect(await it.connects(mjpeg, false)).toBe('software');
  expect(it.setAside).toEqual([]);
});

test('where only the FFmpeg of the hardware cannot open the camera, the one that encodes in software does: what opens it may have no encoder', async () => {
  const encoding = { ...ffmpeg, path: 'encoding-ffmpeg' };
  const trust = new EncodingTrust({
    encoder: async () => Promise.resolve(nvidia),
    recording: async () => Promise.resolve({ decode: nvidia, encode: nvidia }),
    inSoftware: async (because) => Promise.resolve({ ...software, ffmpeg: encoding, because }),
    failed: () => false,
  });
  const opener = { ffmpeg: opening, canOpen: async ({ path }: typeof ffmpeg) => Promise.resolve(path !== ffmpeg.path) };
  const { decode, encode, hardware } = await trust.choose(mjpeg, ingestEncoding(mjpeg, unturned), opener);
  expect([decode.ffmpeg, encode.ffmpeg, hardware]).toEqual([encoding, encoding, undefined]);
});
