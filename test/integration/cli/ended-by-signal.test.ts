import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCommand } from '../../support/command-line.js';
import { sessionMembers } from '../../support/homebridge/process-tree.js';
import { ffmpegPath } from '../../support/house.js';

/** The FFmpegs of a command; waits until there is one. */
async function ffmpegsOf(pid: number): Promise<number> {
  for (;;) {
    const { length } = sessionMembers(pid).filter((each) => each.pid !== pid);
    if (length > 0) {
      return length;
    }
    await sleep(50);
  }
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a measurement, and leaves no FFmpeg and no folder', async (signal) => {
  const temporary = await mkdtemp(join(tmpdir(), 'camera-hub-test-'));
  const command = startCommand(['probe', 'test:', '--seconds', '60', '--ffmpeg', ffmpegPath], { TMPDIR: temporary });
  await ffmpegsOf(command.pid);
  command.kill(signal);
  const { code, out, error } = await command.ended;
  expect({ code, out, error }).toEqual({ code: signal === 'SIGINT' ? 130 : 143, out: '', error: 'Looking at test: ...\n' });
  expect(sessionMembers(command.pid)).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
  await rm(temporary, { recursive: true });
}, 60_000);

test('Ctrl-C while doctor looks at cameras leaves no FFmpeg either', async () => {
  const storage = await mkdtemp(join(tmpdir(), 'camera-hub-test-'));
  await writeFile(join(storage, 'config.json'), JSON.stringify({ platforms: [{ platform: 'CameraHub', ffmpegPath, hardware: 'software', cameras: [{ name: 'Slow', source: 'ffmpeg:["-f","lavfi","-re","-i","testsrc2=size=1280x720:rate=1"]' }] }] }));
  const command = startCommand(['doctor', '-U', storage]);
  while (!command.error().includes('Connecting to the cameras')) {
    await sleep(50);
  }
  await ffmpegsOf(command.pid);
  command.kill('SIGINT');
  const { code } = await command.ended;
  expect(code).toBe(130);
  expect(sessionMembers(command.pid)).toEqual([]);
  await rm(storage, { recursive: true });
}, 60_000);

test.each([
  ['devices', (ffmpeg: string) => ['devices', '--ffmpeg', ffmpeg], /^$/],
  ['doctor', (_ffmpeg: string, storage: string) => ['doctor', '-U', storage], /^Node [^]*\nSettings [^\n]*\n(?: +[^\n]*\n)*$/],
] as const)('Ctrl-C, which a terminal sends to FFmpeg too, makes %s tell nothing of that', async (_name, call, before) => {
  const storage = await mkdtemp(join(tmpdir(), 'camera-hub-test-'));
  const slow = join(storage, 'ffmpeg');
  await writeFile(slow, '#!/bin/sh\nexec sleep 40\n');
  await chmod(slow, 0o755);
  await writeFile(join(storage, 'config.json'), JSON.stringify({ platforms: [{ platform: 'CameraHub', ffmpegPath: slow, cameras: [{ name: 'Test', source: 'test:' }] }] }));
  const command = startCommand(call(slow, storage));
  await ffmpegsOf(command.pid);
  process.kill(-command.pid, 'SIGINT');
  const { code, out, error } = await command.ended;
  expect(code).toBe(130);
  expect(out).toMatch(before);
  expect(error).toMatch(/^(?:[^\n]* \.\.\.\n)*$/);
  await rm(storage, { recursive: true });
}, 60_000);
