import { runningFfmpegs, type RunningFfmpeg } from '../ffmpeg/running-ffmpegs.js';
import type { GpuSample, GpuUsers } from './measure/gpu-usage.js';
import type { MachineSample } from './measure/machine-load.js';
import type { ProcessCost } from './measure/process-usage.js';

/** What tells how busy everything is. */
export interface Meters {
  readonly machine: { sample(): MachineSample | undefined };
  readonly own: { sample(): ProcessCost };
  readonly processes: { sample(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessCost>> };
  readonly gpus: { sample(users: GpuUsers): readonly GpuSample[] } & Disposable;
}

/** What everything took since the measurement before. */
export interface Measurement {
  /** Undefined where the system does not tell. */
  readonly machine: MachineSample | undefined;
  readonly own: ProcessCost;
  /** FFmpegs that have begun since have no cost yet. */
  readonly ffmpegs: readonly { readonly ffmpeg: RunningFfmpeg; readonly cost: ProcessCost | undefined }[];
  readonly gpus: readonly GpuSample[];
}

export const nothingMeasured: Measurement = { machine: undefined, own: { cpuPercent: 0, memoryBytes: 0 }, ffmpegs: [], gpus: [] };

/** Never rejects, as far as the meters do not. */
export async function measure({ machine, own, processes, gpus }: Meters): Promise<Measurement> {
  const running = runningFfmpegs();
  const inHardware = running.filter(({ hardware }) => hardware !== undefined);
  const costs = await processes.sample(running.map(({ pid }) => pid));
  return {
    machine: machine.sample(),
    own: own.sample(),
    ffmpegs: running.map((ffmpeg) => ({ ffmpeg, cost: costs.get(ffmpeg.pid) })),
    gpus: gpus.sample({ pids: inHardware.map(({ pid }) => pid), nvidia: inHardware.some(({ hardware }) => hardware === 'nvidia') }),
  };
}
