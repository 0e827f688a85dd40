import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AudioPacket } from '../../src/media/audio-packet.js';
import { ffmpegPath } from '../support/house.js';
import { openSource } from '../support/opened-source.js';
import { toneOf } from '../support/sound/tone-of.js';
import { until } from '../support/until.js';

const pictures = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=10'];
const tone = ['-f', 'lavfi', '-i', 'sine=1000:sample_rate=16000'];

/** The picture's own sound, where another one is meant. */
const hum = ['-f', 'lavfi', '-i', 'sine=400:sample_rate=16000'];

const files: Readonly<Record<string, readonly string[]>> = {
  'tone.m4a': [...tone, '-c:a', 'aac'],
  'flash.flv': [...pictures, ...tone, '-c:v', 'flv', '-c:a', 'aac'],
  'vp8.mkv': [...pictures, ...tone, '-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'aac'],
  'h264.mkv': [...pictures, ...hum, '-c:a', 'aac', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10'],
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-inputs-'));
  for (const [name, args] of Object.entries(files)) {
    await once(spawn(ffmpegPath, ['-v', 'error', ...args, '-t', '20', '-y', join(folder, name)], { stdio: 'ignore' }), 'close');
  }
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string): string[] => ['-re', '-stream_loop', '-1', '-i', join(folder, name)];

/** `connections`: one that tries to copy, one that encodes. */
describe('what FFmpeg is told to read is seen and heard', () => {
  test.concurrent.each<[string, () => readonly string[], { mode: 'copy' | 'encode'; connections: number }]>([
    ['uncompressed pictures, and AAC', () => ['-re', ...pictures, ...file('tone.m4a')], { mode: 'encode', connections: 2 }],
    ['Flash video with AAC', () => file('flash.flv'), { mode: 'encode', connections: 2 }],
    ['VP8 with AAC', () => file('vp8.mkv'), { mode: 'encode', connections: 2 }],
    ['sound first, then uncompressed pictures', () => [...file('tone.m4a'), '-re', ...pictures], { mode: 'encode', connections: 2 }],
    ['sound first, then H.264 with a sound of its own', () => [...file('tone.m4a'), ...file('h264.mkv')], { mode: 'copy', connections: 2 }],
    ['H.264 with a sound of its own, then another sound', () => [...file('h264.mkv'), ...file('tone.m4a')], { mode: 'copy', connections: 1 }],
  ])('%s', async (_name, args, { mode, connections }) => {
    await using it = await openSource(`ffmpeg:${JSON.stringify(args())}`);
    const { main } = it.camera;
    using _lease = main.lease({ holder: 'test', waitedFor: true });
    const heard: AudioPacket[] = [];
    using reader = main.audio.read(-Infinity, () => {
      for (let packet = reader.next(); packet; packet = reader.next()) {
        heard.push(packet);
      }
    });
    await until('it is seen', () => main.state.kind === 'live', 30_000);
    await until('it is heard', () => heard.length > 30, 30_000);
    expect({ mode: main.taken?.mode, connections: main.connections, size: [main.facts().width, main.facts().height] }).toEqual({ mode, connections, size: [320, 180] });
    expect(main.audio.format?.codec).toBe('aac');
    expect((await toneOf(heard)).hz).toBeCloseTo(1_000, -1);
    expect(it.log.filter((line) => line.includes('[camera-'))).toEqual([]);
  }, 90_000);
});

test('sound alone is told in plain words', async () => {
  await using it = await openSource(`ffmpeg:${JSON.stringify(['-re', ...tone])}`);
  using _lease = it.camera.main.lease({ holder: 'test', waitedFor: true });
  await until('it is told', () => it.camera.problems.outage('main') !== undefined, 30_000);
  expect(it.camera.problems.outage('main')?.problem).toMatchObject({ code: 'stream-unreadable', message: expect.stringContaining('it sends sound, and no picture') });
}, 60_000);
