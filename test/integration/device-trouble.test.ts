import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemFolders, type SystemFolders } from '../../src/ffmpeg/devices/capture-device.js';
import { explainTrouble, findHolders, type SystemUser } from '../../src/ffmpeg/devices/device-trouble.js';
import { Problem } from '../../src/problems.js';

let root: string;
let device: string;
let folders: SystemFolders;
let owner: { readonly uid: number; readonly gid: number };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'camera-hub-trouble-'));
  device = join(root, 'video0');
  folders = { ...systemFolders, proc: join(root, 'proc'), etc: root };
  await writeFile(device, '');
  owner = await stat(device);
  await writeFile(join(root, 'group'), `daemon:x:${owner.gid + 1}:\nvideo:x:${owner.gid}:somebody\n`);
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const forbidden = new Problem('device-forbidden');
/** Nobody whose file it is, in no group of it. */
const stranger = (): SystemUser => ({ name: 'homebridge', uid: owner.uid + 1_000, groups: [owner.gid + 1] });

async function why(mode: number, user: SystemUser): Promise<string> {
  await chmod(device, mode);
  return (await explainTrouble(forbidden, device, folders, user)).detail;
}

test('a device of a group that the user is not in: both are named', async () => {
  expect(await why(0o660, stranger())).toBe(`${device}: the user homebridge is not in the group video`);
});

test('a group that no file names is told by its number', async () => {
  const nameless = { ...folders, etc: join(root, 'nowhere') };
  await chmod(device, 0o660);
  expect((await explainTrouble(forbidden, device, nameless, stranger())).detail).toBe(`${device}: the user homebridge is not in the group ${owner.gid}`);
});

test('a mode that keeps out the group too', async () => {
  expect(await why(0o600, stranger())).toContain('its mode lets neither the user homebridge nor the group video use it');
  expect(await why(0o640, { ...stranger(), groups: [owner.gid] })).toContain('its mode lets neither');
});

test.each<[string, number, Partial<SystemUser>]>([
  ['a member of the group', 0o660, {}],
  ['root', 0o600, { uid: 0, groups: [] }],
  ['anybody', 0o666, { groups: [] }],
])('%s could open it, so that something else keeps it shut', async (_name, mode, user) => {
  expect(await why(mode, { ...stranger(), groups: [owner.gid], ...user })).toContain('although its owner and mode would');
});

test('who holds a device is found among the processes, by what their descriptors lead to', async () => {
  const processes = { 41: { comm: 'motion', fds: ['/dev/null', device] }, 52: { comm: 'bash', fds: ['/dev/null'] }, 63: { comm: 'obs', fds: [device] } };
  for (const [pid, { comm, fds }] of Object.entries(processes)) {
    await mkdir(join(folders.proc, pid, 'fd'), { recursive: true });
    await writeFile(join(folders.proc, pid, 'comm'), `${comm}\n`);
    await Promise.all(fds.map((target, fd) => symlink(target, join(folders.proc, pid, 'fd', String(fd)))));
  }
  await mkdir(join(folders.proc, 'self'), { recursive: true });
  const link = join(root, 'by-id');
  await symlink(device, link);
  expect(await findHolders(link, folders)).toEqual([{ pid: 41, name: 'motion' }, { pid: 63, name: 'obs' }]);
  expect((await explainTrouble(new Problem('device-busy'), device, folders)).detail).toBe(`${device}, in use by motion (process 41) and obs (process 63)`);
  expect((await explainTrouble(new Problem('device-busy'), join(root, 'another'), folders)).detail).toBe(join(root, 'another'));
});

test('other problems stay as they are', async () => {
  const missing = new Problem('device-missing', 'x');
  expect(await explainTrouble(missing, device, folders)).toBe(missing);
});
