import type { FfmpegRole } from '../ffmpeg/priority.js';
import type { LadderStep } from '../policy/load-ladder.js';
import { describeStep } from './ladder-lines.js';
import type { ManagedCamera } from './managed-camera.js';
import type { GpuSample } from './measure/gpu-usage.js';
import type { MachineSample } from './measure/machine-load.js';
import type { Measurement } from './measurement.js';

/** An FFmpeg and what it takes. */
export interface FfmpegStatus {
  readonly role: FfmpegRole;
  /** Undefined where it is about no single one. */
  readonly stream: 'main' | 'sub' | undefined;
  /** The graphics hardware that it uses; undefined where the processor does its work. */
  readonly hardware: string | undefined;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly memoryMiB: number;
}

/** What a camera takes. */
export interface CameraResources {
  /** Of one core: its FFmpegs, and looking for motion; without what this process does for it. */
  readonly cpuPercent: number;
  /** Its FFmpegs, and what is kept of its pictures in this process. */
  readonly memoryMiB: number;
  readonly ffmpegs: readonly FfmpegStatus[];
  /** What is limited now, and why. */
  readonly limited: readonly string[];
}

/** What everything takes, as measured last. All of this can be written as JSON. */
export interface ResourceStatus {
  /** Undefined where the system does not tell. */
  readonly machine: MachineSample | undefined;
  /** The load that decides: an average over some seconds, in percent. */
  readonly loadPercent: number | undefined;
  readonly gpus: readonly GpuSample[];
  /** This process, with all else that runs in it. */
  readonly process: { readonly cpuPercent: number; readonly memoryMiB: number };
  /** FFmpegs that work for all cameras. */
  readonly shared: readonly FfmpegStatus[];
  /** What is converted at present, views and recordings. */
  readonly transcodes: number;
  /** What is limited for all cameras now, and why. */
  readonly limited: readonly string[];
  /** By the cameras' names. */
  readonly cameras: Readonly<Record<string, CameraResources>>;
}

export interface StatusFacts {
  readonly measured: Measurement;
  readonly loadPercent: number | undefined;
  readonly transcodes: number;
  readonly steps: readonly { readonly step: LadderStep; readonly because: string }[];
  readonly cameras: readonly ManagedCamera[];
  /** Rings that keep no past. */
  readonly shortened: ReadonlySet<string>;
}

export function resourceStatus({ measured, loadPercent, transcodes, steps, cameras, shortened }: StatusFacts): ResourceStatus {
  const { machine, gpus, own, ffmpegs } = measured;
  const limitedBy = (of: (step: LadderStep) => boolean): string[] => steps.filter(({ step }) => of(step)).map(({ step, because }) => `${describeStep(step)}, as ${because}`);
  const camera = (managed: ManagedCamera): CameraResources => {
    const its = ffmpegs.filter(({ ffmpeg }) => ffmpeg.owner?.camera === managed.name);
    const sum = (of: 'cpuPercent' | 'memoryBytes'): number => its.reduce((total, { cost }) => total + (cost?.[of] ?? 0), 0);
    const short = managed.rings().some(({ id }) => shortened.has(id));
    return {
      cpuPercent: tenth(sum('cpuPercent') + managed.analysisCpuPercent),
      memoryMiB: inMiB(sum('memoryBytes') + managed.heldBytes),
      ffmpegs: its.map(ffmpegStatus),
      limited: [...limitedBy((step) => 'camera' in step && step.camera === managed.name), ...(short ? ['no past is kept, as the pictures of all cameras take more memory than "maxMemory" allows'] : [])],
    };
  };
  return {
    machine,
    loadPercent: loadPercent === undefined ? undefined : tenth(loadPercent),
    gpus,
    process: { cpuPercent: tenth(own.cpuPercent), memoryMiB: inMiB(own.memoryBytes) },
    shared: ffmpegs.filter(({ ffmpeg }) => !ffmpeg.owner).map(ffmpegStatus),
    transcodes,
    limited: limitedBy((step) => !('camera' in step)),
    cameras: Object.fromEntries(cameras.map((managed) => [managed.name, camera(managed)])),
  };
}

function ffmpegStatus({ ffmpeg: { role, owner, hardware }, cost }: Measurement['ffmpegs'][number]): FfmpegStatus {
  return { role, stream: owner?.stream, hardware, cpuPercent: tenth(cost?.cpuPercent ?? 0), memoryMiB: inMiB(cost?.memoryBytes ?? 0) };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

function inMiB(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
