import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The limits that a container puts on processes lie in folders of a file system of the kernel: cgroups(7), two versions of it. */

export type Controller = 'cpu' | 'cpuacct' | 'memory';

/** One group that this process is in: its own, or one around that. Limits of each hold. */
export interface GroupFolder {
  readonly version: 1 | 2;
  /** Its path below the mount point; the same in every hierarchy of version 1 that it is in. */
  readonly name: string;
  readonly folder: string;
}

/** A cgroup file system that is mounted. `root`: the group that appears there, as a path like those of /proc/self/cgroup. */
interface GroupMount {
  readonly version: 1 | 2;
  readonly root: string;
  readonly mountPoint: string;
  /** Version 1 only: which controllers are there. */
  readonly controllers: readonly string[];
}

/** Where this process is, by version: under `0::` in version 2, by controller in version 1. */
interface Membership {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly path: string;
}

/**
 * The groups around this process for one controller, its own first. None where there are no control groups. Not every folder need be there: without
 * a namespace of its own a container knows its group by the name on the host, and sees that group alone.
 * @param root where /proc and /sys are; '/' but for tests.
 */
export function findGroups(controller: Controller, root: string): readonly GroupFolder[] {
  const memberships = parseMemberships(textOf(join(root, 'proc/self/cgroup')));
  const mounts = parseMounts(textOf(join(root, 'proc/self/mountinfo')));
  return memberships.flatMap(({ version, controllers, path }) => {
    const serves = (of: { readonly version: 1 | 2; readonly controllers: readonly string[] }): boolean => of.version === version && (version === 2 || of.controllers.includes(controller));
    const mount = mounts.find(serves);
    return mount && serves({ version, controllers }) ? foldersOf(mount, path, root) : [];
  });
}

/** From the group itself up to the mount point: what lies above that cannot be seen from here. */
function foldersOf(mount: GroupMount, path: string, root: string): readonly GroupFolder[] {
  const mountPoint = join(root, mount.mountPoint);
  const names = below(mount.root, path).split('/').filter((name) => name !== '');
  return Array.from({ length: names.length + 1 }, (_, up) => {
    const name = names.slice(0, names.length - up).join('/');
    return { version: mount.version, name, folder: join(mountPoint, name) };
  });
}

/** What of the path is below the mounted group; nothing where it is not. Both count from the namespace's root, and may lie outside of it ("/../other"). */
function below(mounted: string, path: string): string {
  const prefix = mounted.endsWith('/') ? mounted : `${mounted}/`;
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  return rest.startsWith('..') ? '' : rest;
}

/** Lines such as `4:cpu,cpuacct:/docker/1f2e` and `0::/system.slice/homebridge.service`. */
function parseMemberships(text: string): readonly Membership[] {
  return text.split('\n').flatMap((line) => {
    const [, id, controllers = '', path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ version: id === '0' && controllers === '' ? (2 as const) : (1 as const), controllers: controllers.split(','), path }];
  });
}

/** Lines such as `33 24 0:29 /docker/1f2e /sys/fs/cgroup/cpu ro,nosuid master:9 - cgroup cgroup rw,cpu,cpuacct` (proc_pid_mountinfo(5)). */
function parseMounts(text: string): readonly GroupMount[] {
  return text.split('\n').flatMap((line) => {
    const [mounted = '', fileSystem = ''] = line.split(' - ');
    const [, , , root, mountPoint] = mounted.split(' ');
    const [type, , options = ''] = fileSystem.split(' ');
    const version = type === 'cgroup2' ? (2 as const) : type === 'cgroup' ? (1 as const) : undefined;
    return version === undefined || root === undefined || mountPoint === undefined ? [] : [{ version, root: unescaped(root), mountPoint: unescaped(mountPoint), controllers: options.split(',') }];
  });
}

/** Blanks in paths are written as `\040`. */
function unescaped(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
