import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ffmpegPath } from '../../support/house.js';

const run = promisify(execFile);
const root = process.cwd();
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string; readonly dependencies: Readonly<Record<string, string>>; readonly engines: { readonly node: string } };

/** npm and npx with the Node that runs the tests, and no network. */
const env = { ...process.env, NODE_OPTIONS: '', PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), npm_config_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-installed-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('packed, installed elsewhere and called by npx, it looks at the test picture', async () => {
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, env });
  // What it depends on is taken from here.
  const dependencies = Object.fromEntries(Object.keys(manifest.dependencies).map((name) => [name, `file:${join(root, 'node_modules', name)}`]));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: { ...dependencies, 'homebridge-camera-hub': `file:homebridge-camera-hub-${manifest.version}.tgz` } }));
  await run('npm', ['install', '--ignore-scripts', '--install-links=false'], { cwd: folder, env });
  const { stdout } = await run('npx', ['homebridge-camera-hub', 'probe', 'test:320x180/10', '--seconds', '1', '--json', '--ffmpeg', ffmpegPath], { cwd: folder, env });
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, source: 'test:320x180/10', streams: [{ taken: { mode: 'encode' } }] });
}, 120_000);

test('a Node that is too old gets a line, and nothing else is loaded', async () => {
  const old = join(folder, 'old');
  await mkdir(join(old, 'dist', 'src', 'cli', 'shell'), { recursive: true });
  await writeFile(join(old, 'package.json'), JSON.stringify({ type: 'module', engines: { node: '^998.0.0 || ^999.1.0' } }));
  await Promise.all(['bin.js', 'shell/node-range.js'].map((file) => cp(join(root, 'dist', 'src', 'cli', file), join(old, 'dist', 'src', 'cli', file))));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(old, 'dist', 'src', 'cli', 'bin.js'), 'probe', 'test:'], { env, encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^homebridge-camera-hub needs a newer Node: this is [\d.]+, and it runs with \^998\.0\.0 \|\| \^999\.1\.0\. .*\n$/);
}, 30_000);
