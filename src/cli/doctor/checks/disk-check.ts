import { join } from 'node:path';
import { leastFreeBytes, type DiskSpace } from '../../../policy/alerts.js';
import { problemTable } from '../../../problems.js';
import { diskSpace } from '../../../resources/measure/disk-space.js';
import { recordingsFolder } from '../../../settings.js';
import { check } from '../check.js';
import { ok, problem, warning, type Finding } from '../finding.js';
import { bytesText } from '../units.js';

export interface DiskFacts {
  /** Undefined where the system does not tell. */
  readonly disk: DiskSpace | undefined;
}

/** So many times what has to be free is enough not to speak of it. */
const comfortable = 2;

export const diskCheck = check({
  title: 'Disk',
  doing: 'Looking at the disk',
  gather: async ({ storage }): Promise<DiskFacts> => ({ disk: await diskSpace([storage.folder, storage.hubFolder, join(storage.hubFolder, recordingsFolder)]) }),
  judge: judgeDisk,
});

export function judgeDisk({ disk }: DiskFacts): readonly Finding[] {
  if (!disk) {
    return [ok('the system does not tell how much is free')];
  }
  const seen = `${bytesText(disk.freeBytes)} of ${bytesText(disk.totalBytes)} are free`;
  const least = leastFreeBytes(disk);
  const { remedy } = problemTable['disk-full'];
  return [disk.freeBytes < least ? problem(seen, remedy) : disk.freeBytes < least * comfortable ? warning(seen, remedy) : ok(seen)];
}
