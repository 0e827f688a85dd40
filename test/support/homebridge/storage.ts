import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What Homebridge is told about its own bridge; cameras that it publishes on their own are paired with the same pin. */
export interface BridgeIdentity {
  readonly name: string;
  /** The bridge's MAC-like HAP identifier. */
  readonly username: string;
  /** `XXX-XX-XXX`. */
  readonly pin: string;
  readonly port: number;
}

/** One platform block of config.json, without its `platform` key. */
export type PlatformConfig = Readonly<Record<string, unknown>>;

const throwAway = new Set<string>();

/** An empty storage folder under the system's temporary folder. */
export function newStorage(): string {
  const storage = mkdtempSync(join(tmpdir(), 'camera-hub-homebridge-'));
  throwAway.add(storage);
  return storage;
}

/** Removes a folder that `newStorage` made in this process, and no other. */
export function removeStorage(storage: string): void {
  if (throwAway.delete(storage)) {
    rmSync(storage, { recursive: true, force: true });
  }
}

/** Writes config.json. A storage that was used before keeps its bridge identity, so that pairings stay good. */
export async function writeConfig(storage: string, platform: string, platformConfig: PlatformConfig): Promise<BridgeIdentity> {
  mkdirSync(storage, { recursive: true });
  const known = readIdentity(storage);
  const bridge: BridgeIdentity = {
    name: known?.name ?? `Homebridge ${randomBytes(2).toString('hex')}`,
    username: known?.username ?? randomUsername(),
    pin: known?.pin ?? randomPin(),
    port: await freeTcpPort(),
  };
  const config = {
    // mDNS on loopback only: works without a network, and nothing of a test is announced to anybody.
    bridge: { ...bridge, bind: ['lo'], advertiser: 'ciao' },
    accessories: [],
    platforms: [{ platform, ...platformConfig }],
  };
  writeFileSync(join(storage, 'config.json'), JSON.stringify(config, undefined, 2));
  return bridge;
}

/** A TCP port that was free a moment ago. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') {
    throw new Error('The system gave no TCP port.');
  }
  return address.port;
}

function readIdentity(storage: string): BridgeIdentity | undefined {
  try {
    return (JSON.parse(readFileSync(join(storage, 'config.json'), 'utf8')) as { bridge?: BridgeIdentity }).bridge;
  } catch {
    return undefined;
  }
}

function randomUsername(): string {
  // 0x02: locally administered, never a real device's address.
  return Buffer.concat([Buffer.of(0x02), randomBytes(5)]).toString('hex').toUpperCase().replace(/(..)(?=.)/g, '$1:');
}

/** HAP refuses the trivial codes (11111111, 12345678, ...); three digit groups that differ are never one of them. */
function randomPin(): string {
  return `${randomInt(100, 499)}-${randomInt(10, 49)}-${randomInt(500, 999)}`;
}
