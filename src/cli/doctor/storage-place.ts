import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { storageFolder } from '../../settings.js';

/** Where Homebridge keeps its settings. */
export interface StoragePlace {
  readonly folder: string;
  readonly configFile: string;
  /** What the plugin writes to. */
  readonly hubFolder: string;
}

/** Where Homebridge's service manager says that its storage is. */
const storageVariable = 'UIX_STORAGE_PATH';

/** Where installations of Homebridge have their storage: by hand or on macOS and Windows, the package for Debian and Raspberry Pi, the Docker image. */
const usualFolders = (): readonly string[] => [join(homedir(), '.homebridge'), '/var/lib/homebridge', '/homebridge'];

/** @param given the option; without it the environment, else the first usual folder with settings in it. */
export async function findStorage(given: string | undefined): Promise<StoragePlace> {
  const folder = given ?? process.env[storageVariable] ?? (await firstWithConfig(usualFolders()));
  return storagePlace(resolve(folder));
}

function storagePlace(folder: string): StoragePlace {
  return { folder, configFile: join(folder, 'config.json'), hubFolder: join(folder, storageFolder) };
}

async function firstWithConfig(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const found = await access(join(folder, 'config.json')).then(
      () => true,
      () => false,
    );
    if (found) {
      return folder;
    }
  }
  return folders[0] ?? '.';
}
