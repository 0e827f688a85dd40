import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { joinNals } from '../../src/media/nal.js';
import { videoFormatFromParameterSets } from '../../src/media/video-format.js';
import { PacketStream } from '../../src/pipeline/packet-stream.js';
import { Transcoder } from '../../src/pipeline/transcoder.js';
import type { Problem } from '../../src/problems.js';
import { loadFootage, type Footage } from '../support/camera/footage.js';
import { ffmpegPath, smallFootage } from '../support/house.js';

const request = { width: 320, height: 180, maxFps: 30, bitrateKbps: 200, profile: 'high', level: '3.1' } as const;

let folder: string;
let footage: Footage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-transcoder-'));
  footage = await loadFootage(smallFootage, ffmpegPath);
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, script: string): Promise<Ffmpeg> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { path, version: '7.0', libavutilMajor: 58, origin: 'test' };
}

/** Publishes the footage in real time, into a stream of its own. */
function playing() {
  const packets = new PacketStream();
  const format = videoFormatFromParameterSets('h264', footage.parameterSets);
  const startMs = performance.now();
  let count = 0;
  const timer = setInterval(() => {
    while (performance.now() - startMs > count * (1000 / 30)) {
      const unit = footage.units[count % footage.units.length];
      const timeMs = startMs + count * (1000 / 30);
      packets.publish({ format, data: joinNals(unit?.nalUnits ?? []), keyframe: unit?.keyframe === true, timeMs, decodeTimeMs: timeMs });
      count += 1;
    }
  }, 10);
  return { packets, [Symbol.dispose]: () => clearInterval(timer) };
}

/** How old each picture is when it comes out. */
function agesOf(transcoder: Transcoder): number[] {
  const ages: number[] = [];
  const reader = transcoder.packets.read(() => {
    for (let unit = reader.next(); unit; unit = reader.next()) {
      ages.push(performance.now() - unit.timeMs);
    }
  });
  return ages;
}

const real = () => (ffmpegPath.includes('/') ? `'${ffmpegPath}'` : ffmpegPath);

test.concurrent('on a machine that is too slow, pictures are left out and what is shown stays near the present', async () => {
  // It gets a few hundredths of a core: less than real time also on a server.
  const ffmpeg = await program('slow', `exec 3<&0; ${real()} "$@" <&3 & p=$!; exec 3<&-; trap 'kill -KILL $p' TERM; while kill -STOP $p 2>/dev/null; do sleep 0.12; kill -CONT $p; sleep 0.002; done`);
  using source = playing();
  await using transcoder = new Transcoder({ ffmpeg: () => Promise.resolve(ffmpeg), source: source.packets, request, onProblem: () => undefined });
  const ages = agesOf(transcoder);
  await new Promise((resolve) => setTimeout(resolve, 16_000));
  expect(ages.length).toBeGreaterThan(15);
  expect(Math.max(...ages.slice(-30))).toBeLessThan(7_000); // Without leaving out: 10 s by now, and growing.
}, 40_000);

test.concurrent('the first picture does not wait for the second keyframe', async () => {
  using source = playing();
  await using transcoder = new Transcoder({ ffmpeg: () => program('real', `exec ${real()} "$@"`), source: source.packets, request, onProblem: () => undefined });
  const ages = agesOf(transcoder);
  await new Promise((resolve) => setTimeout(resolve, 1_600));
  expect(ages.length).toBeGreaterThan(0);
}, 40_000);

test.concurrent('an FFmpeg that gives nothing is replaced, and told', async () => {
  const problems: Problem[] = [];
  using source = playing();
  await using _transcoder = new Transcoder({ ffmpeg: () => program('mute', 'exec cat > /dev/null'), source: source.packets, request, onProblem: (problem) => problems.push(problem) });
  await new Promise((resolve) => setTimeout(resolve, 13_000));
  expect(problems.map(({ code, detail }) => `${code}: ${detail}`)).toEqual(['live-view-failed: FFmpeg gave no picture for 10 s']);
}, 40_000);

test.concurrent('one that cannot be started is a problem, not a crash, and nothing is left reading', async () => {
  const problems: Problem[] = [];
  using source = playing();
  {
    await using _transcoder = new Transcoder({ ffmpeg: () => Promise.resolve({ path: '/etc/passwd/ffmpeg', version: '7.0', libavutilMajor: 58, origin: 'test' }), source: source.packets, request, onProblem: (problem) => problems.push(problem) });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  expect(problems[0]).toMatchObject({ code: 'live-view-failed' });
  expect(source.packets.readers).toBe(0);
}, 40_000);
