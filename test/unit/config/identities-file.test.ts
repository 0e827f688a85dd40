import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadIdentities, newIdentity, resolveIdentities, saveIdentities, type KnownIdentity } from '../../../src/config/identities.js';

const front: KnownIdentity = { id: '1', name: 'Front', source: 'rtsp://a/main' };
const back: KnownIdentity = { id: '2', name: 'Back', source: 'rtsp://b/main' };

let storage: string;
let file: string;
beforeEach(async () => {
  storage = await mkdtemp(join(tmpdir(), 'identities-'));
  file = join(storage, 'camera-hub', 'identities.json');
});
afterEach(() => rm(storage, { recursive: true, force: true }));

async function damage(text: string): Promise<void> {
  await mkdir(join(storage, 'camera-hub'));
  await writeFile(file, text);
}

test('what was saved is loaded, from a folder made for it and a file that only its owner reads', async () => {
  expect(await loadIdentities(file)).toEqual({ known: [] });
  expect(await saveIdentities(file, [front, back])).toBeUndefined();
  expect(await loadIdentities(file)).toEqual({ known: [front, back] });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(storage, 'camera-hub'))).toEqual(['identities.json']);
});

test('the file is written only when something changed', async () => {
  await saveIdentities(file, [front]);
  const { ino, mtimeNs } = await stat(file, { bigint: true });
  await saveIdentities(file, [{ ...front }]);
  expect(await stat(file, { bigint: true })).toMatchObject({ ino, mtimeNs });
  await saveIdentities(file, [front, back]);
  expect((await stat(file, { bigint: true })).ino).not.toBe(ino);
});

test('no user name or password gets into the file', async () => {
  const { known } = resolveIdentities([{ name: 'Front', source: 'rtsp://joe:hunter2@a/main?password=hunter2' }], [], newIdentity);
  await saveIdentities(file, known);
  expect(await readFile(file, 'utf8')).not.toMatch(/joe|hunter2/);
});

test.each(['', '{', '[]', '{"version":1,"cameras":{}}', '{"version":1,"cameras":[7]}', '\u0000\u0000'])('a damaged file (%j) is set aside, and a new one is written', async (text) => {
  await damage(text);
  const { known, problem } = await loadIdentities(file);
  expect(known).toEqual([]);
  expect(problem).toMatchObject({ code: 'identities-unreadable' });
  const [aside = '', ...others] = await readdir(join(storage, 'camera-hub'));
  expect(others).toEqual([]);
  expect(aside).toMatch(/^identities\.damaged-\d{4}-\d\d-\d\dT[\d-]+Z\.json$/);
  expect(problem?.detail).toContain(aside);
  expect(await readFile(join(storage, 'camera-hub', aside), 'utf8')).toBe(text);

  expect(await saveIdentities(file, [front])).toBeUndefined();
  expect(await loadIdentities(file)).toEqual({ known: [front] });
});

test('what is whole in a damaged file is kept: those cameras stay paired', async () => {
  await damage(JSON.stringify({ version: 1, cameras: [front, { id: 7 }, back, { ...front, name: 'Porch' }] }));
  const { known, problem } = await loadIdentities(file);
  expect(known).toEqual([back, { ...front, name: 'Porch' }]);
  expect(problem).toMatchObject({ code: 'identities-unreadable' });
});

test('saving does not overwrite a damaged file either', async () => {
  await damage('{');
  expect(await saveIdentities(file, [front])).toBeUndefined();
  expect((await readdir(join(storage, 'camera-hub'))).sort()).toEqual([expect.stringContaining('damaged'), 'identities.json']);
});

test('a file that cannot be read is a problem, and is left as it is', async () => {
  await mkdir(join(storage, 'camera-hub'));
  await symlink(file, file); // a loop: cannot be read, even by root, but could be replaced
  expect(await loadIdentities(file)).toMatchObject({ known: [], problem: { code: 'identities-unreadable' } });
  expect(await saveIdentities(file, [front])).toMatchObject({ code: 'identities-unreadable' });
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
});

test('a folder that cannot be written is a problem, and nothing is left behind', async () => {
  await writeFile(join(storage, 'camera-hub'), 'a file where the folder should be');
  expect(await saveIdentities(file, [front])).toMatchObject({ code: 'identities-unreadable' });
  expect(await readdir(storage)).toEqual(['camera-hub']);
});

test('two saves at once leave a whole file', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, index) => saveIdentities(file, index % 2 ? [front] : [back, front])));
  const { known, problem } = await loadIdentities(file);
  expect(problem).toBeUndefined();
  expect([1, 2]).toContain(known.length);
  expect(await readdir(join(storage, 'camera-hub'))).toEqual(['identities.json']);
});

test('a file that others could read becomes private with the next change', async () => {
  await saveIdentities(file, [front]);
  await chmod(file, 0o644);
  await saveIdentities(file, [back]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('while the file can be neither read nor written, every start gives the cameras the same identities', async () => {
  await mkdir(join(storage, 'camera-hub'));
  await symlink(file, file);
  const start = async () => {
    const { known } = await loadIdentities(file);
    const resolved = resolveIdentities([front, back].map(({ name, source }) => ({ name, source })), known, newIdentity);
    expect(await saveIdentities(file, resolved.known)).toMatchObject({ code: 'identities-unreadable' });
    return resolved.ids;
  };
  expect(await start()).toEqual(await start());
});
