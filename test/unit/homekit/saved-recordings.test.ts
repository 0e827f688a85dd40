import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SavedRecordings } from '../../../src/homekit/recording/saved-recordings.js';
import type { Problem } from '../../../src/problems.js';
import { until } from '../../support/until.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-saved-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const unexpected = (problem: Problem): never => {
  throw problem;
};

async function save(recordings: SavedRecordings, text: string): Promise<void> {
  await using saved = recordings.begin();
  saved.write(Buffer.from(text));
}

test('the newest 20 of a camera are kept, and those of another one with nearly its name are left alone', async () => {
  const older = (name: string, day: number) => writeFile(join(folder, `${name}-2026-01-${String(day).padStart(2, '0')}T00-00-00-000Z.mp4`), name);
  await Promise.all(Array.from({ length: 25 }, (_, day) => older('Front%20Door', day + 1)));
  await Promise.all(Array.from({ length: 25 }, (_, day) => older('Front%20Door-2', day + 1)));
  await save(new SavedRecordings(folder, 'Front Door', unexpected), 'the newest');
  const mine = (files: readonly string[]) => files.filter((file) => /^Front%20Door-2\d{3}/.test(file)).sort();
  await until('the file', async () => mine(await readdir(folder)).length === 20);
  const kept = mine(await readdir(folder));
  expect(kept[0]).toContain('2026-01-07');
  await until('its content', async () => (await readFile(join(folder, kept.at(-1) ?? ''), 'utf8')) === 'the newest');
  expect((await readdir(folder)).filter((file) => file.startsWith('Front%20Door-2-'))).toHaveLength(25);
});

test('a recording without a byte leaves no file', async () => {
  {
    await using _saved = new SavedRecordings(folder, 'Gate', unexpected).begin();
  }
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that cannot be written to is told, and nothing else happens', async () => {
  await mkdir(join(folder, 'inner'));
  await writeFile(join(folder, 'inner', 'file'), '');
  const problems: Problem[] = [];
  await save(new SavedRecordings(join(folder, 'inner', 'file'), 'Gate', (problem) => problems.push(problem)), 'lost');
  await until('the problem', () => problems.length > 0);
  expect(problems.map(({ code }) => code)).toEqual(['recording-not-saved']);
});
