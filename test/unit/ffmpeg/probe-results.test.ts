import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fingerprintOf, ProbeResults } from '../../../src/ffmpeg/hardware/probe-results.js';

const dayMs = 86_400_000;
const one = fingerprintOf({ check: 'encode', device: '0' });
const other = fingerprintOf({ check: 'encode', device: '1' });

let storage: string;
let file: string;
beforeEach(async () => {
  storage = await mkdtemp(join(tmpdir(), 'hardware-results-'));
  file = join(storage, 'camera-hub', 'hardware.json');
});
afterEach(() => rm(storage, { recursive: true, force: true }));

/** As found at `nowMs`. */
async function load(nowMs = 0): Promise<ProbeResults> {
  const { results, problem } = await ProbeResults.load(file, () => nowMs);
  expect(problem).toBeUndefined();
  return results;
}

test('what was found out is there after a restart, in a file that only its owner reads', async () => {
  const results = await load();
  results.set(one, 'a GPU', { works: true });
  results.set(other, 'another', { works: false, because: 'no session left' });
  expect(await results.save()).toBeUndefined();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(storage, 'camera-hub'))).toEqual(['hardware.json']);
  const again = await load(1);
  expect([again.get(one), again.get(other), again.get(fingerprintOf('something else'))]).toEqual([{ works: true }, undefined, undefined]); // What failed may have been repaired: it is tried at each start.
});

test('a success is tried again after thirty days', async () => {
  const holdsForMs = 30 * dayMs;
  const outcome = { works: true } as const;
  const results = await load();
  results.set(one, 'a GPU', outcome);
  await results.save();
  expect((await load(holdsForMs - 1)).get(one)).toEqual(outcome);
  expect((await load(holdsForMs)).get(one)).toBeUndefined();
  expect((await load(-1)).get(one)).toBeUndefined(); // The clock was set back.
});

test('what nobody asks about any more is forgotten; without news the file is left alone', async () => {
  const results = await load();
  results.set(one, 'a GPU', { works: true });
  results.set(other, 'a GPU that was taken out', { works: true });
  await results.save();
  const { mtimeNs } = await stat(file, { bigint: true });

  const second = await load();
  second.get(one);
  await second.save();
  expect((await stat(file, { bigint: true })).mtimeNs).toBe(mtimeNs);
  second.set(fingerprintOf('new'), 'a new GPU', { works: true });
  await second.save();
  const third = await load();
  expect([third.get(one), third.get(other)]).toEqual([{ works: true }, undefined]);
});

test.each(['', '{', '[]', '{"version":1,"results":[{"what":"x","fingerprint":"short","atMs":0}]}', '{"version":2,"results":[]}'])('a damaged file (%j) is set aside, told, and replaced', async (text) => {
  await mkdir(join(storage, 'camera-hub'));
  await writeFile(file, text);
  const { results, problem } = await ProbeResults.load(file);
  expect(problem).toMatchObject({ code: 'hardware-file-unusable', detail: expect.stringContaining('damaged, set aside as') });
  results.set(one, 'a GPU', { works: true });
  expect(await results.save()).toBeUndefined();
  const [aside = '', name] = await readdir(join(storage, 'camera-hub'));
  expect([aside, name]).toEqual([expect.stringMatching(/^hardware\.damaged-.*\.json$/), 'hardware.json']);
  expect(await readFile(join(storage, 'camera-hub', aside), 'utf8')).toBe(text);
});

test('a file that cannot be read or written is a problem, no crash', async () => {
  await symlink('hardware.json', join(storage, 'hardware.json')); // A loop.
  expect(await ProbeResults.load(join(storage, 'hardware.json'))).toMatchObject({ problem: { code: 'hardware-file-unusable' } });
  await writeFile(join(storage, 'camera-hub'), 'a file where the folder should be');
  const { results } = await ProbeResults.load(file);
  results.set(one, 'a GPU', { works: true });
  expect(await results.save()).toMatchObject({ code: 'hardware-file-unusable' });
});

test('the same facts have the same fingerprint, others another', () => {
  expect(fingerprintOf({ a: 1, b: ['x'] })).toBe(fingerprintOf({ a: 1, b: ['x'] }));
  expect(fingerprintOf({ a: 1, b: ['y'] })).not.toBe(fingerprintOf({ a: 1, b: ['x'] }));
});
