import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile } from './small-file.js';

/**
 * What a process has had a GPU do, as the kernel tells the process's own user: /proc/PID/fdinfo of an open graphics device, in the form that
 * the drivers i915, xe and amdgpu share (the kernel's "DRM client usage stats").
 */
export interface DrmClient {
  readonly driver: string;
  /** The PCI address; the driver's name for a device that has none. */
  readonly device: string;
  /** Of the device; a file that was opened once and copied is the same client. */
  readonly id: string;
  readonly engines: readonly DrmEngine[];
}

/** `busy` counts up while the engine works for this client, and `clock` all the time, in the same unit. */
export interface DrmEngine {
  readonly name: string;
  readonly busy: number;
  /** Absent: `busy` is in nanoseconds. Else cycles, as xe tells. */
  readonly clock?: number;
  /** How many of these engines there are. */
  readonly capacity: number;
}

/** Pure. Undefined for a file that is no graphics device. */
export function parseDrmClient(fdinfo: string): DrmClient | undefined {
  const values = new Map([...fdinfo.matchAll(/^drm-([^:\s]+):[ \t]*(\S+)/gm)].map(([, key = '', value = '']) => [key, value]));
  const [driver, id] = [values.get('driver'), values.get('client-id')];
  if (driver === undefined || id === undefined) {
    return undefined;
  }
  const numberOf = (key: string): number | undefined => (values.has(key) ? Number(values.get(key)) : undefined);
  const engines = [...values.keys()].flatMap((key): DrmEngine[] => {
    const [, kind, name = ''] = /^(engine|cycles)-(?!capacity-)(.+)$/.exec(key) ?? [];
    const [busy, clock] = [numberOf(key), kind === 'cycles' ? numberOf(`total-cycles-${name}`) : undefined];
    // Where a driver tells both, nanoseconds are enough.
    const usable = kind === 'engine' || (clock !== undefined && !values.has(`engine-${name}`));
    return usable && busy !== undefined ? [{ name, busy, ...(clock === undefined ? {} : { clock }), capacity: numberOf(`engine-capacity-${name}`) ?? 1 }] : [];
  });
  return { driver, device: values.get('pdev') ?? driver, id, engines };
}

/** All of these processes, each client once. A process that has ended, or belongs to another user, has none. */
export function readDrmClients(root: string, pids: readonly number[]): readonly DrmClient[] {
  const clients = pids.flatMap((pid) => {
    const process = join(root, 'proc', String(pid));
    return graphicsFiles(join(process, 'fd')).flatMap((file) => parseDrmClient(readSmallFile(join(process, 'fdinfo', file)) ?? '') ?? []);
  });
  return [...new Map(clients.map((client) => [`${client.device} ${client.id}`, client])).values()];
}

function graphicsFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((file) => isGraphicsDevice(join(folder, file)));
  } catch {
    return [];
  }
}

function isGraphicsDevice(link: string): boolean {
  try {
    return readlinkSync(link).startsWith('/dev/dri/');
  } catch {
    return false;
  }
}

/** Engine time between two readings, in percent of each engine: by device, then by engine. Clients that were not there before are left out. */
export function engineShares(before: readonly DrmClient[], after: readonly DrmClient[], betweenMs: number): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const shares = new Map<string, Map<string, number>>();
  for (const { device, id, engines } of after) {
    const earlier = before.find((client) => client.device === device && client.id === id);
    for (const { name, busy, clock, capacity } of engines) {
      const was = earlier?.engines.find((engine) => engine.name === name);
      if (was) {
        const passed = clock === undefined || was.clock === undefined ? betweenMs * 1e6 : clock - was.clock;
        const ofDevice = shares.get(device) ?? new Map<string, number>();
        const share = passed > 0 ? Math.max(0, (100 * (busy - was.busy)) / (passed * capacity)) : 0;
        shares.set(device, ofDevice.set(name, Math.min(100, (ofDevice.get(name) ?? 0) + share)));
      }
    }
  }
  return shares;
}
