import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../problems.js';
import { runningFfmpegs } from '../running-ffmpegs.js';
import { nameOfId, nameOfUser } from '../../system-names.js';
import type { SystemFolders } from './capture-device.js';

/** A program that has a device open. */
export interface DeviceHolder {
  readonly pid: number;
  /** As the kernel knows it: 'ffmpeg', cut off after 15 characters. */
  readonly name: string;
}

/** Who this process runs as. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly groups: readonly number[];
}

/** Of one of the three digits of a mode. */
const readAndWrite = 0o6;

/** Says more about why FFmpeg could not use a device of Linux: who has it open, or whose it is. Others stay as they are. */
export async function explainTrouble(problem: Problem, path: string, folders: SystemFolders, user = thisUser()): Promise<Problem> {
  switch (problem.code) {
    case 'device-busy': {
      const holders = await findHolders(path, folders);
      const inUse = holders.length === 0 ? '' : `, in use by ${holders.map(describeHolder).join(' and ')}`;
      return new Problem('device-busy', `${path}${inUse}`, { cause: problem });
    }
    case 'device-forbidden':
      return new Problem('device-forbidden', await whyForbidden(path, folders, user), { cause: problem });
    default:
      return problem;
  }
}

/** Every process that has it open; only those of the same user are seen, unless that is root. */
export async function findHolders(path: string, { proc }: Pick<SystemFolders, 'proc'>): Promise<readonly DeviceHolder[]> {
  const device = await realpath(path).catch(() => path);
  const pids = (await namesIn(proc)).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const holders: DeviceHolder[] = [];
  for (const pid of pids) {
    const folder = join(proc, pid, 'fd');
    const targets = await Promise.all((await namesIn(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')));
    if (targets.includes(device)) {
      const name = await readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '?');
      holders.push({ pid: Number(pid), name: name.trim() });
    }
  }
  return holders;
}

function describeHolder({ pid, name }: DeviceHolder): string {
  const own = runningFfmpegs().find((each) => each.pid === pid);
  return own?.owner ? `the camera "${own.owner.camera}" of this plugin` : `${name} (process ${pid})`;
}

/** What is missing to open a device for reading and writing, by its owner, its group and its mode. */
async function whyForbidden(path: string, { etc }: SystemFolders, { name, uid, groups }: SystemUser): Promise<string> {
  const device = await stat(path).catch(() => undefined);
  const bits = device && (device.uid === uid ? device.mode >> 6 : groups.includes(device.gid) ? device.mode >> 3 : device.mode);
  if (!device || bits === undefined || uid === 0 || (bits & readAndWrite) === readAndWrite) {
    return `${path}: the system does not let it be opened, although its owner and mode would`; // The device filter of a container.
  }
  const group = (await nameOfId(join(etc, 'group'), device.gid)) ?? String(device.gid);
  const groupMay = ((device.mode >> 3) & readAndWrite) === readAndWrite;
  return groupMay ? `${path}: the user ${name} is not in the group ${group}` : `${path}: its mode lets neither the user ${name} nor the group ${group} use it`;
}

function thisUser(): SystemUser {
  const uid = process.geteuid?.() ?? 0;
  return { name: nameOfUser() ?? String(uid), uid, groups: [...(process.getgroups?.() ?? []), process.getegid?.() ?? 0] };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
