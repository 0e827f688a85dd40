import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadIdentities, newIdentity, resolveIdentities } from '../../config/identities.js';
import type { CameraConfig } from '../../config/options.js';
import { parseJson, systemError } from '../../kept-file.js';
import { accessoryUuid } from './accessory-uuid.js';

/** What the plugin keeps of its cameras' switches, by their UUIDs. */
const switchesSchema = z.record(z.string(), z.looseObject({ privacy: z.boolean().optional() }));

export interface PrivacyQuestion {
  readonly cameras: readonly CameraConfig[];
  /** The plugin's own folder; nothing in it is changed. */
  readonly hubFolder: string;
  readonly workFolder: string;
}

/**
 * Names of the cameras that nobody is to look at now, by their privacy switches in the Home app. Switches that cannot be read are on, as
 * in the plugin.
 */
export async function privateCameras({ cameras, hubFolder, workFolder }: PrivacyQuestion): Promise<ReadonlySet<string>> {
  // A copy, as reading it mends it.
  const copy = join(workFolder, 'identities.json');
  await copyFile(join(hubFolder, 'identities.json'), copy).catch(() => undefined);
  const { known } = await loadIdentities(copy);
  const { ids } = resolveIdentities(cameras, known, newIdentity);
  const isOn = await readSwitches(join(hubFolder, 'switches.json'));
  return new Set(cameras.filter(({ privacySwitch }, index) => privacySwitch && isOn(accessoryUuid(ids[index] ?? ''))).map(({ name }) => name));
}

async function readSwitches(file: string): Promise<(uuid: string) => boolean> {
  try {
    const switches = switchesSchema.safeParse(parseJson(await readFile(file, 'utf8'))).data;
    return (uuid) => switches === undefined || switches[uuid]?.privacy === true;
  } catch (error) {
    const neverSet = systemError(error).code === 'ENOENT';
    return () => !neverSet;
  }
}
