import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCameraSource } from '../../../media/camera-source.js';
import { systemError } from '../../../kept-file.js';
import { nameOfId, nameOfUser } from '../../../system-names.js';
import { check, type DoctorContext } from '../check.js';
import { ok, problem, warning, type Finding } from '../finding.js';

/** What a folder lets this user do. `because` in the system's words. */
export type FolderRight = { readonly path: string } & ({ readonly state: 'writable' | 'missing' } | { readonly state: 'refused'; readonly because: string });

export interface DeviceRight {
  readonly path: string;
  readonly purpose: DevicePurpose;
  readonly usable: boolean;
  /** Its group, by name where it has one. */
  readonly group: string;
}

/** Who is in no need of groups. */
const root = 'root';

type DevicePurpose = 'USB cameras' | 'graphics hardware';

export interface RightsFacts {
  /** Who runs this check. */
  readonly user: string;
  /** Whose the storage folder is; undefined where the system knows no owners, or there is no folder. */
  readonly owner: { readonly name: string; readonly isUser: boolean } | undefined;
  readonly folders: readonly FolderRight[];
  readonly devices: readonly DeviceRight[];
  /** A camera of this machine is configured. */
  readonly usesUsb: boolean;
}

/** Devices of Linux that belong to a group. */
const devicePlaces: readonly { readonly folder: string; readonly pattern: RegExp; readonly purpose: DevicePurpose }[] = [
  { folder: '/dev', pattern: /^video\d+$/, purpose: 'USB cameras' },
  { folder: '/dev/dri', pattern: /^renderD\d+$/, purpose: 'graphics hardware' },
];

export const rightsCheck = check({ title: 'Rights', doing: 'Looking at rights', gather: gatherRights, judge: judgeRights });

async function gatherRights({ storage, hub }: DoctorContext): Promise<RightsFacts> {
  const uid = process.geteuid?.();
  const owner = uid === undefined ? undefined : await stat(storage.folder).catch(() => undefined);
  const sources = hub.cameras.flatMap(({ source, substream }) => [source, ...(substream === undefined ? [] : [substream])]);
  return {
    user: nameOfUser() ?? `user ${uid ?? ''}`,
    owner: owner && { name: (await nameOfId('/etc/passwd', owner.uid)) ?? `user ${owner.uid}`, isUser: owner.uid === uid },
    folders: await Promise.all([storage.folder, storage.hubFolder].map(folderRight)),
    devices: (await Promise.all(devicePlaces.map(deviceRights))).flat(),
    usesUsb: sources.some((source) => parseCameraSource(source).kind === 'usb'),
  };
}

async function folderRight(path: string): Promise<FolderRight> {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return { path, state: 'writable' };
  } catch (error) {
    const { code, message } = systemError(error);
    return code === 'ENOENT' ? { path, state: 'missing' } : { path, state: 'refused', because: code ?? message };
  }
}

async function deviceRights({ folder, pattern, purpose }: (typeof devicePlaces)[number]): Promise<DeviceRight[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => pattern.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const usable = await access(path, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      );
      const gid = (await stat(path).catch(() => undefined))?.gid;
      return { path, purpose, usable, group: gid === undefined ? 'unknown' : ((await nameOfId('/etc/group', gid)) ?? String(gid)) };
    }),
  );
}

export function judgeRights({ user, owner, folders, devices, usesUsb }: RightsFacts): readonly Finding[] {
  return [
    ...(owner?.isUser === false
      ? [warning(`this was run by ${user}, and the storage folder belongs to ${owner.name}: what is said here about rights may not hold for Homebridge`, `Run it as the user that Homebridge runs as: sudo ${owner.name === root ? '' : `-u ${owner.name} `}npx homebridge-camera-hub doctor`)]
      : []),
    ...folders.flatMap(judgeFolder),
    ...devices.filter(({ usable }) => !usable).map((device) => judgeDevice(device, { user, homebridge: owner?.name ?? user, usesUsb })),
    ...(devices.length > 0 && devices.every(({ usable }) => usable) ? [ok(`${devices.map(({ path }) => path).join(', ')} may be used`)] : []),
  ];
}

function judgeFolder(folder: FolderRight): readonly Finding[] {
  switch (folder.state) {
    case 'writable':
      return [ok(`${folder.path} may be written to`)];
    case 'missing':
      return [];
    case 'refused':
      return [problem(`${folder.path} may not be written to (${folder.because})`, 'Give it to the user that Homebridge runs as (sudo chown -R), and check that the disk is not read-only.')];
  }
}

/** @param who `homebridge`: most likely runs it. */
function judgeDevice({ path, purpose, group }: DeviceRight, who: { readonly user: string; readonly homebridge: string; readonly usesUsb: boolean }): Finding {
  const seen = `${path} may not be used by ${who.user} (${purpose}; group ${group})`;
  if (who.homebridge === root && who.user !== root) {
    return ok(`${seen}, but by root, whom the storage folder belongs to`);
  }
  const remedy = who.homebridge === root ? 'Pass on the device to the container.' : `sudo usermod -aG ${group} ${who.homebridge}, and restart Homebridge. In Docker pass on the device and its group.`;
  return purpose === 'USB cameras' && who.usesUsb ? problem(seen, remedy) : warning(seen, `If you need it: ${remedy}`);
}
