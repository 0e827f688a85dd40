import { readAmdGpus, type AmdGpu } from './amd-gpus.js';
import { engineShares, readDrmClients, type DrmClient } from './drm-clients.js';
import { NvidiaSmi } from './nvidia-smi.js';

/** How busy one GPU is. What cannot be told without privileges is left out. */
export interface GpuSample {
  /** For people: "NVIDIA GeForce RTX 3060", "i915 0000:00:02.0". */
  readonly label: string;
  /** 0..100, by everybody (NVIDIA, AMD); on Intel the busiest kind of engine, by the processes that were asked about alone. */
  readonly busyPercent?: number;
  /** By everybody (NVIDIA), by the processes asked about (AMD). Intel decodes and encodes with the same engines. */
  readonly decoderPercent?: number;
  readonly encoderPercent?: number;
  /** The card's own, used by everybody. */
  readonly memoryBytes?: number;
}

/** Who uses GPUs. Where nobody does, none is asked. */
export interface GpuUsers {
  /** FFmpegs that decode or encode in hardware. */
  readonly pids: readonly number[];
  /** One of them on an NVIDIA card. */
  readonly nvidia: boolean;
}

/** Looked at this often; in between the figures stay. */
const intervalMs = 10_000;

/** The GPUs that FFmpegs use: the kernel's own files for AMD and Intel, NVIDIA's tool for NVIDIA. A Raspberry Pi's codec tells nothing. */
export class GpuUsage implements Disposable {
  readonly #root: string;
  readonly #nvidia: NvidiaSmi;
  #readMs = -Infinity;
  #clients: readonly DrmClient[] = [];
  #samples: readonly GpuSample[] = [];

  /** @param options `root`: where /proc and /sys are, `nvidiaSmi`: the program; for tests. */
  constructor({ root = '/', nvidiaSmi }: { readonly root?: string; readonly nvidiaSmi?: string } = {}) {
    this.#root = root;
    this.#nvidia = new NvidiaSmi(nvidiaSmi);
  }

  /** Does not wait: NVIDIA's figures are those of its last answer. @param nowMs on the process clock. */
  sample({ pids, nvidia }: GpuUsers, nowMs: number = performance.now()): readonly GpuSample[] {
    if (pids.length === 0) {
      this.#samples = [];
      this.#clients = [];
      this.#readMs = -Infinity;
    } else if (nowMs - this.#readMs >= intervalMs) {
      const clients = readDrmClients(this.#root, pids);
      const shares = engineShares(this.#clients, clients, nowMs - this.#readMs);
      this.#samples = samplesOf(readAmdGpus(this.#root), clients, shares);
      this.#clients = clients;
      this.#readMs = nowMs;
    }
    return nvidia ? [...this.#samples, ...this.#nvidia.sample(nowMs)] : this.#samples;
  }

  [Symbol.dispose](): void {
    this.#nvidia[Symbol.dispose]();
  }
}

/** amdgpu's names for the engines with a role of their own. */
const engineRoles = { dec: 'decoderPercent', enc: 'encoderPercent' } as const;

function samplesOf(amd: readonly AmdGpu[], clients: readonly DrmClient[], shares: ReadonlyMap<string, ReadonlyMap<string, number>>): readonly GpuSample[] {
  const drivers = new Map([...amd.map(({ device }) => [device, 'amdgpu'] as const), ...clients.map(({ device, driver }) => [device, driver] as const)]);
  return [...drivers].flatMap(([device, driver]): GpuSample[] => {
    const card = amd.find((each) => each.device === device);
    const engines = shares.get(device);
    if (!card && !engines) {
      return []; // Seen for the first time: there is nothing to compare with yet.
    }
    const roles = Object.entries(engineRoles).flatMap(([engine, field]) => (engines?.has(engine) ? [[field, engines.get(engine)] as const] : []));
    const { device: _, ...told } = card ?? { device, busyPercent: Math.max(0, ...(engines?.values() ?? [])) };
    return [{ label: device === driver ? driver : `${driver} ${device}`, ...told, ...Object.fromEntries(roles) }];
  });
}
