import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FfmpegProcess } from '../../src/ffmpeg/ffmpeg-process.js';
import { openOutputSocket } from '../../src/ffmpeg/output-socket.js';
import { NutReader } from '../../src/media/nut-reader.js';
import { nutFrameHeader, nutHeader } from '../../src/media/nut-writer.js';
import { FramePool, type Frame, type FrameSlot } from '../../src/pipeline/frame-pool.js';
import { ffmpegPath } from '../support/house.js';
import { randomBytes, seededRandom } from '../support/seeded-random.js';

const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'error'];
/** What a decoder writes: one thread, or the encoder of raw pictures keeps some back. */
const asNut = ['-enc_time_base', '1:90000', '-c:v', 'rawvideo', '-threads', '1', '-f', 'nut', '-write_index', '0', '-flush_packets', '1', 'pipe:1'];
/** What an encoder reads: NUT says all there is to know. */
const fromNut = [...quiet, '-probesize', '32', '-copyts', '-f', 'nut', '-i', 'pipe:0', '-map', '0:v:0', '-fps_mode', 'passthrough'];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-nut-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface ReadPicture {
  readonly timeMs: number;
  readonly digest: string;
}

const digest = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** Runs an FFmpeg whose NUT goes through a socket straight into the slots of a pool. */
async function readThroughPool(args: readonly string[], pool: FramePool, stdin?: Buffer): Promise<{ pictures: ReadPicture[]; said: string; slots: Set<ArrayBufferLike> }> {
  const pictures: ReadPicture[] = [];
  const slots = new Set<ArrayBufferLike>();
  let slot: FrameSlot | undefined;
  const reader = new NutReader({
    room: ({ width, height }) => {
      slot = pool.claim(width, height);
      return slot?.bytes;
    },
    onPicture: ({ timeMs }) => {
      using frame = slot?.publish(timeMs);
      if (frame) {
        slots.add(frame.i420.buffer);
        pictures.push({ timeMs: frame.timeMs, digest: digest(frame.i420) });
      }
    },
  });
  let failure: unknown;
  const output = await openOutputSocket(folder, {
    target: () => reader.target(),
    filled: (bytes) => {
      try {
        reader.filled(bytes);
        return true;
      } catch (error) {
        failure = error;
        return false;
      }
    },
  });
  const run = new FfmpegProcess({ path: ffmpegPath, args, role: 'transcode', output });
  run.stdin.end(stdin);
  if (output) {
    await new Promise((resolve) => output.ours.once('close', resolve));
  } else {
    run.stdout.on('data', (bytes: Buffer) => reader.push(bytes)); // Windows
  }
  const { said } = await run.ended;
  expect(failure).toBeUndefined();
  return { pictures, said, slots };
}

async function rawDigests(args: readonly string[], bytes: number): Promise<string[]> {
  const run = new FfmpegProcess({ path: ffmpegPath, args, role: 'transcode' });
  const chunks: Buffer[] = [];
  run.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await run.ended;
  const all = Buffer.concat(chunks);
  return Array.from({ length: all.length / bytes }, (_, index) => digest(all.subarray(index * bytes, (index + 1) * bytes)));
}

describe('what FFmpeg writes', () => {
  // More than 8 MB, where FFmpeg repeats its headers; times at irregular distances.
  const source = [...quiet, '-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=25', '-frames:v', '20', '-vf', "select='mod(n,3)',settb=1/90000,setpts='PTS+7.4/1000/TB*mod(N,2)',format=yuv420p", '-fps_mode', 'passthrough'];

  test('is read into shared memory: every pixel, every time, nothing copied', async () => {
    const pool = new FramePool({ slots: 2 });
    const [{ pictures, said, slots }, expected] = await Promise.all([
      readThroughPool([...source, ...asNut], pool),
      rawDigests([...source, '-f', 'rawvideo', 'pipe:1'], 1280 * 720 * 1.5),
    ]);
    expect(said).toBe('');
    expect(expected).toHaveLength(20);
    expect(pictures.map((picture) => picture.digest)).toEqual(expected);
    const times = Array.from({ length: 30 }, (_, index) => index).filter((index) => index % 3 > 0).map((index, count) => index * 40 + (count % 2) * 7.4);
    expect(pictures.map((picture, index) => Math.abs(picture.timeMs - (times[index] ?? 0)) <= 1 / 90)).toEqual(Array(20).fill(true));
    expect(slots.size).toBe(1);
    expect(pool.status()).toMatchObject({ published: 20, dropped: 0, inUse: 0 });
  }, 30_000);

  test('small pictures that begin with what NUT may leave out are whole', async () => {
    const beginnings = [[0, 0, 1], [0, 0, 1, 0xb6], [0xff, 0xfa], [0xff, 0xfb], [0xff, 0xfc], [0xff, 0xfd], [5]];
    const random = seededRandom(7);
    const raw = beginnings.map((beginning) => Buffer.concat([Buffer.from(beginning), randomBytes(random, 96 - beginning.length)]));
    const args = [...quiet, '-f', 'rawvideo', '-video_size', '8x8', '-pixel_format', 'yuv420p', '-framerate', '10', '-i', 'pipe:0', ...asNut];
    const { pictures } = await readThroughPool(args, new FramePool({ slots: 1 }), Buffer.concat(raw));
    expect(pictures.map((picture) => picture.digest)).toEqual(raw.map(digest));
  });

  test('pictures that there is no slot for are read past, and counted', async () => {
    const pool = new FramePool({ slots: 1 });
    using _held = hold(pool, 1280, 720);
    const { pictures } = await readThroughPool([...source, ...asNut], pool);
    expect(pictures).toEqual([]);
    expect(pool.status()).toMatchObject({ published: 1, dropped: 20, inUse: 1 });
  }, 30_000);
});

function hold(pool: FramePool, width: number, height: number): Frame {
  const slot = pool.claim(width, height);
  if (!slot) {
    throw new Error('no slot left');
  }
  return slot.publish(0);
}

describe('what FFmpeg reads', () => {
  test('each picture goes through before the next one is written, with its time, from shared memory', async () => {
    const { width, height } = { width: 640, height: 360 };
    const pool = new FramePool({ slots: 1 });
    const back: ReadPicture[] = [];
    let room = new Uint8Array();
    let onBack: () => void = () => undefined;
    const reader = new NutReader({
      room: ({ bytes }) => (room = new Uint8Array(bytes)),
      onPicture: ({ timeMs }) => {
        back.push({ timeMs, digest: digest(room) });
        onBack();
      },
    });
    await using run = new FfmpegProcess({ path: ffmpegPath, args: [...fromNut, ...asNut], role: 'transcode' });
    run.stdout.on('data', (bytes: Buffer) => reader.push(bytes));
    run.stdin.write(nutHeader({ width, height }));
    // Irregular, with a pause of ten minutes.
    for (const timeMs of [1_000, 1_033.4, 1_050, 1_110.7, 601_000, 601_033.3]) {
      const slot = pool.claim(width, height);
      slot?.bytes.set(randomBytes(seededRandom(timeMs), 1_000));
      using frame = slot?.publish(timeMs);
      const i420 = frame?.i420 ?? new Uint8Array();
      const isBack = new Promise<void>((resolve) => (onBack = resolve));
      run.stdin.write(nutFrameHeader(timeMs, i420.length));
      run.stdin.write(i420);
      await Promise.race([isBack, sleep(5_000, undefined, { ref: false })]);
      expect(back.at(-1)?.digest).toBe(digest(i420));
      expect(Math.abs((back.at(-1)?.timeMs ?? 0) - timeMs)).toBeLessThanOrEqual(1 / 90);
    }
    expect(back).toHaveLength(6);
    expect((await run.stop()).said).toBe('');
  }, 40_000);

  (process.platform === 'linux' ? test : test.skip)('the memory of FFmpeg does not grow with the number of pictures', async () => {
    await using run = new FfmpegProcess({ path: ffmpegPath, args: [...fromNut.slice(0, -2), '-c', 'copy', '-f', 'null', '-'], role: 'transcode' });
    run.stdin.write(nutHeader({ width: 2, height: 2 }));
    const residentMb: number[] = [];
    const picture = Buffer.alloc(6, 128);
    for (let thousand = 0; thousand < 100; thousand++) {
      const parts = Array.from({ length: 1_000 }, (_, index) => [nutFrameHeader((thousand * 1_000 + index) * 33, 6), picture]);
      await new Promise((resolve) => run.stdin.write(Buffer.concat(parts.flat()), resolve));
      if (thousand === 20 || thousand === 99) {
        await sleep(300);
        residentMb.push(Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${run.pid ?? 0}/status`, 'utf8'))?.[1]) / 1024);
      }
    }
    // A syncpoint a picture would take 16 MB for these 79000.
    expect((residentMb[1] ?? Infinity) - (residentMb[0] ?? 0)).toBeLessThan(4);
  }, 60_000);
});
