import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { accessoryUuid } from '../../../src/cli/doctor/accessory-uuid.js';
import { checkText, doctorJson, isWell, summaryText } from '../../../src/cli/doctor/doctor-report.js';
import { startCamera, type SimulatedCamera } from '../../support/camera/rtsp-camera.js';
import { runCommand } from '../../support/command-line.js';
import { expectGolden } from '../../support/golden.js';
import { freeTcpPort } from '../../support/homebridge/storage.js';
import { ffmpegPath, smallFootage } from '../../support/house.js';
import { scenarios } from '../../unit/cli/doctor-facts.js';

let storage: string;

beforeEach(async () => {
  storage = await mkdtemp(join(tmpdir(), 'camera-hub-doctor-'));
});

afterEach(async () => {
  await rm(storage, { recursive: true, force: true });
});

/** All that differs from machine to machine and from run to run. */
function withoutMachine(text: string): string {
  return text.replaceAll(storage, '<storage>').replace(/\d+ pictures a second, \d+ kbit\/s/g, '<measured> pictures a second, <measured> kbit/s');
}

async function configure(platform: Readonly<Record<string, unknown>>, rest: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await writeFile(join(storage, 'config.json'), JSON.stringify({ ...rest, platforms: [{ platform: 'CameraHub', ffmpegPath, hardware: 'software', ...platform }] }));
}

interface DoctorOutput {
  readonly ok: boolean;
  readonly checks: readonly { readonly check: string; readonly state: string; readonly seen: string; readonly remedy?: string }[];
}

/** What it says of these subjects; the others are about the machine that the test runs on. */
async function doctorSays(subjects: readonly string[], args: readonly string[] = []): Promise<{ readonly code: number | null; readonly ok: boolean; readonly said: readonly string[]; readonly text: string }> {
  const { code, out, error } = await runCommand(['doctor', '-U', storage, '--json', ...args]);
  const { ok, checks } = JSON.parse(out) as DoctorOutput;
  const said = checks.filter(({ check }) => subjects.includes(check)).map(({ check, state, seen }) => withoutMachine(`${check} ${state}: ${seen}`));
  return { code, ok, said, text: out + error };
}

test('all that may be found, in words', () => {
  expectGolden('doctor-findings.txt', scenarios.map(({ name, title, findings }) => `# ${title}: ${name}\n${checkText({ title, findings })}`).join('\n\n'));
  const lines = scenarios.flatMap(({ title, findings }) => checkText({ title, findings }).split('\n'));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(scenarios.map(({ findings }) => JSON.stringify(findings)).join('')).not.toMatch(/s3cr3t|joe/);
});

test('a report as JSON, and what counts as well', () => {
  const results = scenarios.filter(({ title }) => title === 'Disk').map(({ title, findings }) => ({ title, findings }));
  expectGolden('doctor-report.json', JSON.stringify(doctorJson('/var/lib/homebridge', results), undefined, 2));
  expect(summaryText(results)).toBe('1 problem, 1 warning.');
  expect(isWell(results)).toBe(false);
  const warned = results.filter(({ findings }) => findings.every(({ state }) => state !== 'problem'));
  expect({ well: isWell(warned), summary: summaryText(warned) }).toEqual({ well: true, summary: '1 warning.' });
});

test('a real house: a good camera, one with a wrong password, one that is private', async () => {
  const login = { method: 'digest', user: 'joe', password: 's3cr3t' } as const;
  const cameras: SimulatedCamera[] = await Promise.all([undefined, login, undefined].map((authentication) => startCamera({ main: smallFootage, ffmpegPath, ...(authentication && { authentication }) })));
  const [good, locked, shy] = cameras;
  const httpPort = await freeTcpPort();
  await configure({
    httpPort,
    httpToken: 't0kent0ken',
    cameras: [
      { name: 'Good', source: good?.url() },
      { name: 'Locked', source: locked?.urlWithoutCredentials(), username: 'joe', password: 'wr0ng' },
      { name: 'Shy', id: 'shy', source: shy?.url(), privacySwitch: true },
      { name: 'Typo', source: 'rtps://joe:s3cr3t@10.0.0.2/' },
    ],
  });
  await mkdir(join(storage, 'camera-hub'));
  await writeFile(join(storage, 'camera-hub', 'switches.json'), JSON.stringify({ [accessoryUuid('shy')]: { privacy: true } }));
  try {
    const { code, ok, said, text } = await doctorSays(['Settings', 'Ports', 'Cameras']);
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expectGolden('doctor-real-house.txt', said.join('\n').replaceAll(String(httpPort), '<port>'));
    expect(text).not.toMatch(/s3cr3t|wr0ng|t0ken|joe/);
    expect(shy?.statistics().connections.total).toBe(0);
    expect(good?.statistics().playedConnections.total).toBe(1);
  } finally {
    await Promise.all(cameras.map((camera) => camera.close()));
  }
}, 60_000);

test.each(['broken', 'unreadable'])('privacy whose file is %s is on, and nothing in the storage folder is changed', async (how) => {
  const shy = await startCamera({ main: smallFootage, ffmpegPath });
  await configure({ cameras: [{ name: 'Shy', source: shy.url(), privacySwitch: true }] });
  const folder = join(storage, 'camera-hub');
  await mkdir(folder);
  await Promise.all(['identities.json', 'hardware.json'].map((name) => writeFile(join(folder, name), 'broken')));
  await (how === 'broken' ? writeFile(join(folder, 'switches.json'), 'broken') : mkdir(join(folder, 'switches.json')));
  try {
    const { said } = await doctorSays(['Cameras']);
    expect(said).toEqual(['Cameras ok: Shy: left alone, as its privacy switch is on']);
    expect(shy.statistics().connections.total).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['hardware.json', 'identities.json', 'switches.json']);
    expect(await readFile(join(folder, 'identities.json'), 'utf8')).toBe('broken');
  } finally {
    await shy.close();
  }
}, 60_000);

test('in words it tells every subject, and ends with 0 where only warnings are', async () => {
  await configure({ cameras: [{ name: 'Test', source: 'test:320x180/5' }], nonsense: 1 });
  const { code, out } = await runCommand(['doctor', '-U', storage]);
  const titles = out.split('\n').flatMap((line) => /^[A-Z]\w+/.exec(line) ?? []);
  expect(titles.slice(0, 10)).toEqual(['Node', 'Settings', 'FFmpeg', 'Graphics', 'Ports', 'Rights', 'Disk', 'Memory', 'Time', 'Cameras']);
  expect(out).toContain('option "nonsense" does not exist');
  // What a bare machine may lack of its own is no matter of this test.
  expect(code).toBe(/ problems?[,.]/.test(out.split('\n').at(-2) ?? '') ? 1 : 0);
}, 60_000);

async function listening(status: number): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

test('a port that Homebridge holds is well, one that another program holds is not', async () => {
  const [hap, other] = await Promise.all([listening(470), listening(200)]);
  try {
    await configure({ httpPort: other.port, httpToken: 't0kent0ken', cameras: [] }, { bridge: { port: hap.port } });
    const { said } = await doctorSays(['Ports'], ['--skip-cameras']);
    const [bridge, http] = said.map((line) => line.replaceAll(String(hap.port), '<hap>').replaceAll(String(other.port), '<other>'));
    expect(bridge).toBe("Ports ok: Homebridge's port <hap> is held by Homebridge, which runs");
    // Who it is can be told on Linux only; elsewhere a Homebridge that runs is believed to hold it.
    expect(http).toMatch(process.platform === 'linux' ? /^Ports problem: "httpPort" <other> at 127\.0\.0\.1 is held by \S+$/ : /^Ports ok/);
  } finally {
    hap.server.close();
    other.server.close();
  }
}, 60_000);

test('broken settings are told by their place, and nothing of them', async () => {
  await writeFile(join(storage, 'config.json'), '{\n  "platforms": [ { "password": "s3cr3t" "x": 1 } ]\n}');
  const { code, said, text } = await doctorSays(['Settings', 'Cameras']);
  expect(code).toBe(1);
  expect(said[0]).toBe('Settings problem: <storage>/config.json is not valid JSON: something is wrong at line 2, column 41, or just before');
  expect(text).not.toContain('s3cr3t');
}, 60_000);

test('the storage folder comes from the environment where it is not given', async () => {
  await configure({ cameras: [{ name: 'Test', source: 'test:' }] });
  const { out } = await runCommand(['doctor', '--skip-cameras', '--json'], { UIX_STORAGE_PATH: storage });
  expect((JSON.parse(out) as { readonly storage: string }).storage).toBe(storage);
  expect(out).toContain('Test: not looked at');
}, 60_000);
