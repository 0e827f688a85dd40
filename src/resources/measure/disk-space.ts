import { statfs } from 'node:fs/promises';
import type { DiskSpace } from '../../policy/alerts.js';

/** What is free where these folders lie; of several disks the one with the least. Undefined where the system does not tell. Never rejects. */
export async function diskSpace(folders: readonly string[]): Promise<DiskSpace | undefined> {
  const spaces = await Promise.all(folders.map(spaceAt));
  return spaces.filter((space) => space !== undefined).toSorted((a, b) => a.freeBytes - b.freeBytes)[0];
}

async function spaceAt(folder: string): Promise<DiskSpace | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    // Some network file systems know nothing, and say 0 of 0.
    return blocks > 0 ? { freeBytes: bavail * bsize, totalBytes: blocks * bsize } : undefined;
  } catch {
    return undefined; // Not there (yet), or not to be asked.
  }
}
