import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { probe, runCommand } from '../../support/command-line.js';
import { ffmpegPath } from '../../support/house.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-test-'));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ platforms: [{ platform: 'CameraHub', ffmpegPath, cameras: [] }] }));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('a command that cannot do its work says why as JSON, and all of them in the same form', async () => {
  const env = { TMPDIR: join(folder, 'nowhere') };
  for (const args of [['probe', 'test:'], ['doctor', '-U', folder]]) {
    const { code, out } = await runCommand([...args, '--json'], env);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ ok: false, problem: { code: 'temporary-folder-unusable', message: `the folder for temporary files cannot be used (${env.TMPDIR}: ENOENT)`, remedy: expect.stringContaining('TMPDIR') } });
    const words = await runCommand(args, env);
    expect({ code: words.code, out: words.out }).toEqual({ code: 1, out: '' });
    expect(words.error).toMatch(/^the folder for temporary files cannot be used/);
  }
  const { code, out } = await probe(['rtsp://127.0.0.1:9/main', '--json']);
  expect({ code, said: JSON.parse(out) as unknown }).toMatchObject({ code: 1, said: { ok: false, problem: { code: 'camera-unreachable' } } });
}, 60_000);

test('an FFmpeg that cannot be used is named by devices too', async () => {
  const { code, out, error } = await runCommand(['devices', '--ffmpeg', join(folder, 'no-ffmpeg'), '--json']);
  expect({ code, listed: JSON.parse(out) as unknown }).toMatchObject({ code: 0, listed: { devices: expect.any(Array) } });
  expect(error).toMatch(/^The FFmpeg of --ffmpeg cannot be used, another takes its\s+place/);
}, 60_000);

test('without any FFmpeg in sight devices prints JSON', async () => {
  const { code, out } = await runCommand(['devices', '--json'], { PATH: folder });
  // Whether there is one elsewhere depends on the machine.
  const said = JSON.parse(out) as { readonly problem?: { readonly code: string } };
  expect([code, said.problem?.code]).toEqual(said.problem ? [1, 'ffmpeg-missing'] : [0, undefined]);
}, 60_000);
