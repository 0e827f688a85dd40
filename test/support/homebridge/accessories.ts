import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An accessory with a HAP server of its own, as a controller needs it to connect. */
export interface PublishedAccessory {
  /** As the plugin named it. */
  readonly name: string;
  /** As HomeKit shows it: Homebridge adds four hexadecimal digits of its identifier. */
  readonly displayName: string;
  /** The HAP identifier, a MAC-like `XX:XX:XX:XX:XX:XX`. */
  readonly id: string;
  readonly port: number;
}

/**
 * The external accessories that listen: names and identifiers from `persist/AccessoryInfo.*.json`, ports from the
 * line that Homebridge (1.x and 2.x) prints once a server listens. Throws where two are called the same.
 */
export function publishedAccessories(storage: string, log: readonly string[], bridgeId: string): PublishedAccessory[] {
  const ports = portsByName(log);
  const found = accessoryInfos(storage)
    .filter((info) => info.id !== bridgeId)
    .flatMap((info) => {
      const port = ports.get(info.displayName);
      return port === undefined ? [] : [{ ...info, name: info.displayName.replace(/ [0-9A-F]{4}$/, ''), port }];
    });
  const twice = found.find((accessory) => found.some((other) => other !== accessory && other.displayName === accessory.displayName));
  if (twice) {
    throw new Error(`Two accessories are called "${twice.displayName}": give each camera of a test a name of its own.`);
  }
  return found;
}

function portsByName(log: readonly string[]): Map<string, number> {
  const ports = new Map<string, number>();
  for (const line of log) {
    // A child bridge puts its name in brackets in front; the bridge's own line starts with its version.
    const match = /^(?:\[[^\]]*\] )*(.+) is running on port (\d+)\.$/.exec(line);
    if (match?.[1] !== undefined) {
      ports.set(match[1], Number(match[2]));
    }
  }
  return ports;
}

function accessoryInfos(storage: string): { displayName: string; id: string }[] {
  const folder = join(storage, 'persist');
  return listOrNothing(folder)
    .filter((file) => /^AccessoryInfo\.[0-9A-F]{12}\.json$/.test(file))
    .flatMap((file) => {
      const id = (file.split('.')[1] ?? '').replace(/(..)(?=.)/g, '$1:');
      const displayName = readDisplayName(join(folder, file));
      return displayName === undefined ? [] : [{ displayName, id }];
    });
}

/** Homebridge may be writing the file at this moment: half a file is no file yet. */
function readDisplayName(path: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { displayName?: string }).displayName;
  } catch {
    return undefined;
  }
}

function listOrNothing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
