import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FoundDevice, SystemFolders } from './capture-device.js';

/** A device file of V4L2, and what the kernel says of it. */
interface VideoNode extends KernelEntry, Pick<FoundDevice, 'path' | 'links'> {}

/** What stands in /sys/class/video4linux of it. */
interface KernelEntry {
  readonly name: string;
  /** The same for all nodes of one camera. */
  readonly hardware: string;
  /** Among these. */
  readonly index: number;
}

/** The cameras whose device files are here: a container sees the names of all, and the files of some. */
export async function findVideoNodes(folders: SystemFolders): Promise<FoundDevice[]> {
  const [files, entries, links] = await Promise.all([namesIn(folders.dev), kernelEntries(folders), stableLinks(folders)]);
  const paths = files.filter((name) => /^video\d+$/.test(name)).map((name) => join(folders.dev, name));
  const nodes = await Promise.all(paths.map(async (path) => describeNode(path, entries, links)));
  return nodes.toSorted((a, b) => numberOf(a.path) - numberOf(b.path)).map((node, _, all) => foundDevice(node, all));
}

/** Its name stands for it where it is the first node of the only camera that is called so. */
function foundDevice({ name, path, links, hardware, index }: VideoNode, all: readonly VideoNode[]): FoundDevice {
  const first = all.every((each) => each.hardware !== hardware || each.index >= index);
  const isAlone = all.every((each) => each.hardware === hardware || each.name.toLowerCase() !== name.toLowerCase());
  return { name, path, links, first, source: first && isAlone ? name : (links[0] ?? path) };
}

async function describeNode(path: string, entries: ReadonlyMap<string, KernelEntry>, links: ReadonlyMap<string, readonly string[]>): Promise<VideoNode> {
  // By its number: in a container the file may have another name than outside.
  const entry = entries.get(await deviceNumber(path)) ?? entries.get(basename(path));
  return { path, links: links.get(await realpath(path).catch(() => path)) ?? [], name: entry?.name ?? basename(path), hardware: entry?.hardware ?? path, index: entry?.index ?? 0 };
}

/** By the name of the device, and by its number: 'video0', '81:0'. */
async function kernelEntries({ sys }: SystemFolders): Promise<ReadonlyMap<string, KernelEntry>> {
  const folder = join(sys, 'class', 'video4linux');
  const read = async (node: string): Promise<readonly (readonly [string, KernelEntry])[]> => {
    const text = (file: string): Promise<string> => readFile(join(folder, node, file), 'utf8').then((content) => content.trim(), () => '');
    const [name, index, number, hardware] = await Promise.all([text('name'), text('index'), text('dev'), realpath(join(folder, node, 'device')).catch(() => node)]);
    const entry: KernelEntry = { name: name === '' ? node : name, hardware, index: Number(index) };
    return [[node, entry], ...(number === '' ? [] : [[number, entry] as const])];
  };
  return new Map((await Promise.all((await namesIn(folder)).map(read))).flat());
}

/** Paths that a camera keeps, whatever its number is, by what they lead to; the ones with its serial number first. */
async function stableLinks({ dev }: SystemFolders): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const kind of ['by-id', 'by-path']) {
    const folder = join(dev, 'v4l', kind);
    for (const name of (await namesIn(folder)).toSorted()) {
      const link = join(folder, name);
      const target = await realpath(link).catch(() => undefined);
      if (target !== undefined) {
        found.set(target, [...(found.get(target) ?? []), link]);
      }
    }
  }
  return found;
}

/** As the kernel writes it: '81:0'; empty where it is no device. */
async function deviceNumber(path: string): Promise<string> {
  const { rdev } = await stat(path).catch(() => ({ rdev: 0 }));
  return rdev === 0 ? '' : `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
}

function numberOf(path: string): number {
  return Number(/\d+$/.exec(path)?.[0] ?? 0);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
