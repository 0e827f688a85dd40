import { chmod, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FfmpegProcess } from '../../src/ffmpeg/ffmpeg-process.js';
import { secretsOf } from '../../src/ffmpeg/sound-arguments.js';
import { runningFfmpegs } from '../../src/ffmpeg/running-ffmpegs.js';
import { FfmpegSearch } from '../../src/ffmpeg/ffmpeg-search.js';
import { ffmpegCandidates, findAllFfmpegs, findFfmpeg, type FoundFfmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { processFacts } from '../support/homebridge/process-tree.js';
import { ffmpegPath } from '../support/house.js';

let folder: string;

/** A program that calls itself FFmpeg, or does not. */
async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-programs-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a supervised FFmpeg', () => {
  test('gives its output and its end', async () => {
    const run = new FfmpegProcess({ path: ffmpegPath, args: ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=d=0.2:s=32x32', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], role: 'probe' });
    let bytes = 0;
    run.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
    expect(await run.ended).toMatchObject({ code: 0, said: '', asked: false });
    expect(bytes).toBe(5 * 32 * 32);
    expect(runningFfmpegs()).toHaveLength(0);
  });

  test('that is asked ends at once, and its complaints about that are not kept', async () => {
    await using run = new FfmpegProcess({ path: ffmpegPath, args: ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc', '-f', 'rawvideo', 'pipe:1'], role: 'transcode' });
    await new Promise((resolve) => run.stdout.once('data', resolve));
    const asked = performance.now();
    expect(await run.stop()).toMatchObject({ asked: true, said: '' });
    expect(performance.now() - asked).toBeLessThan(2_500);
    expect(processFacts(run.pid ?? 0)).toBeUndefined();
  });

  test('that does not listen is killed after 3 s', async () => {
    const path = await program('deaf', 'trap "" TERM; while :; do sleep 0.1; done');
    const run = new FfmpegProcess({ path, args: [], role: 'probe' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const asked = performance.now();
    expect(await run.stop()).toMatchObject({ signal: 'SIGKILL' });
    expect(performance.now() - asked).toBeGreaterThan(2_900);
    expect(processFacts(run.pid ?? 0)).toBeUndefined();
  }, 10_000);

  test('that cannot be started ends with the reason', async () => {
    const run = new FfmpegProcess({ path: join(folder, 'nothing'), args: [], role: 'probe' });
    expect((await run.ended).said).toContain('ENOENT');
    expect(runningFfmpegs()).toHaveLength(0);
  });

  test('never tells a password, and keeps only the end of what it says', async () => {
    const path = await program('chatty', 'i=0; while [ $i -lt 2000 ]; do echo "rtsp://joe:secret@host/$i failed" >&2; i=$((i+1)); done; printf "last rtsp://joe:secret@host" >&2; exit 3');
    const lines: string[] = [];
    const end = await new FfmpegProcess({ path, args: [], role: 'probe', owner: { camera: 'Door', onLine: (line) => lines.push(line) } }).ended;
    expect(end.code).toBe(3);
    expect(end.said.length).toBeLessThanOrEqual(4096);
    expect(end.said).toMatch(/last rtsp:\/\/\*\*\*@host$/);
    expect(lines.join('\n')).not.toContain('secret');
    expect(lines.length).toBeGreaterThanOrEqual(2000);
  });

  test('never tells where it sends what is said, nor a value of its arguments', async () => {
    const to = { target: 'rtmp://127.0.0.1:1/live/hunter2?sid=hunter3', format: 'flv', codec: 'aac', arguments: ['-ar', 'hunter4', '-metadata', 'title=hunter5'] };
    const lines: string[] = [];
    const run = async (args: readonly string[]): Promise<string> => (await new FfmpegProcess({ path: ffmpegPath, args, role: 'probe', secrets: secretsOf(to), owner: { camera: 'Door', onLine: (line) => lines.push(line) } }).ended).said;
    const input = ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=1'];
    expect(await run([...input, '-c:a', to.codec, '-f', to.format, to.target])).toContain('***');
    expect(await run([...input, ...to.arguments, '-f', 'null', '-'])).toContain('***');
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.join('\n')).not.toMatch(/hunter/);
  });

  test('runs at lower priority where others come first', async () => {
    await using run = new FfmpegProcess({ path: 'sleep', args: ['5'], role: 'transcode' });
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(`/proc/${run.pid ?? 0}/stat`, 'latin1').split(') ')[1]?.split(' ')[16]).toBe('10');
  });
});

describe('finding FFmpeg', () => {
  const answer = (version: string, libavutil: string) => `echo "ffmpeg version ${version} Copyright (c) 2000-2024"; echo "libavutil      ${libavutil} / ${libavutil}"`;

  test('the option comes first, then the bundled one, then PATH', () => {
    expect(ffmpegCandidates('/opt/ffmpeg')[0]).toMatchObject({ path: '/opt/ffmpeg' });
    const origins = ffmpegCandidates(undefined).map(({ origin }) => origin);
    expect(origins.indexOf('PATH')).toBeGreaterThanOrEqual(0);
    expect(origins[0]).toMatch(/ffmpeg-for-homebridge|PATH/);
  });

  test('passes over what is missing, broken or too old, and says why', async () => {
    const candidates = [
      { origin: 'missing', path: join(folder, 'nothing') },
      { origin: 'broken', path: await program('broken', 'echo "cannot open shared object" >&2; exit 127') },
      { origin: 'old', path: await program('old', answer('4.4.2', '56. 70.100')) },
      { origin: 'good', path: await program('good', answer('N-118000-g0123456', '59. 50.100')) },
    ];
    const { ffmpeg, passedOver } = await findFfmpeg(candidates);
    expect(ffmpeg).toMatchObject({ origin: 'good', version: 'N-118000-g0123456', libavutilMajor: 59 });
    expect(passedOver).toEqual(['missing: not there', 'broken: does not run (cannot open shared object)', 'old: version 4.4.2 is older than 5.0']);
  });

  test('none at all, or only an old one, is a problem with a remedy', async () => {
    await expect(findFfmpeg([{ origin: 'missing', path: join(folder, 'nothing') }])).rejects.toMatchObject({ code: 'ffmpeg-missing' });
    await expect(findFfmpeg([{ origin: 'old', path: await program('older', answer('4.1', '56. 22.100')) }])).rejects.toMatchObject({ code: 'ffmpeg-too-old' });
  });

  test('all of them are found with what they were built with, and the same file in two places is one', async () => {
    const lists = `case "$*" in
      *-encoders) echo 'Encoders:'; echo ' V..... = Video'; echo ' ------'; echo ' V....D libx264              libx264 H.264 (codec h264)'; echo ' A....D libfdk_aac           Fraunhofer FDK AAC (codec aac)' ;;
      *-decoders) echo ' VFS..D h264                 H.264'; echo ' V..... h264_v4l2m2m         V4L2 mem2mem H.264 decoder wrapper (codec h264)' ;;
      *-hwaccels) echo 'Hardware acceleration methods:'; echo cuda; echo vaapi ;;
      *) ${answer('7.0', '59. 8.100')} ;;
    esac`;
    const whole = await program('whole', lists);
    await symlink(whole, join(folder, 'link'));
    const found = await findAllFfmpegs([
      { origin: 'missing', path: join(folder, 'nothing') },
      { origin: 'old', path: await program('oldest', answer('4.4.2', '56. 70.100')) },
      { origin: 'first', path: join(folder, 'link') },
      { origin: 'second', path: whole },
      { origin: 'bare', path: await program('bare', answer('6.0', '58. 2.100')) },
    ]);
    expect(found).toMatchObject([
      { origin: 'first', path: join(folder, 'link'), version: '7.0', file: { path: await realpath(whole) } },
      { origin: 'bare', version: '6.0' },
    ]);
    expect(found.map(({ abilities }) => abilities)).toEqual([
      { encoders: new Set(['libx264', 'libfdk_aac']), decoders: new Set(['h264', 'h264_v4l2m2m']), hwaccels: new Set(['cuda', 'vaapi']) },
      { encoders: new Set(), decoders: new Set(), hwaccels: new Set() },
    ]);
  });

  test('a search gives the first for cameras, all of them, and one with a certain encoder', async () => {
    const told: FoundFfmpeg[] = [];
    const search = new FfmpegSearch(ffmpegPath, (found) => told.push(found));
    const all = await search.all();
    expect(all[0]?.path).toBe((await search.find()).path);
    expect(all[0]?.abilities.decoders.has('h264')).toBe(true);
    expect(search.all()).toBe(search.all());
    expect((await search.withEncoder('mjpeg'))?.path).toBe(ffmpegPath);
    expect(await search.withEncoder('h264_crystal_ball')).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  test('the real one is found', async () => {
    expect((await findFfmpeg([{ origin: 'here', path: ffmpegPath }])).ffmpeg.libavutilMajor).toBeGreaterThanOrEqual(57);
  });
});
