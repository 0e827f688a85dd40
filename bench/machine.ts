import { cpus, loadavg, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ffmpeg } from '../src/ffmpeg/find-ffmpeg.js';

/** Where and under which circumstances was measured. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly ffmpeg: string;
  readonly date: string;
  /** Over 1, 5 and 15 minutes, at the start. */
  readonly loadAverage: readonly number[];
  /** Share of all cores that was busy in the two seconds before the start, 0 to 1. */
  readonly busyAtStart: number;
}

/** Above this share of the machine, other work shows in the results. */
const busyLimit = 0.1;
const watchMs = 2_000;

export async function machineFacts(ffmpeg: Ffmpeg, signal: AbortSignal): Promise<MachineFacts> {
  const loadAverage = loadavg().map((load) => Math.round(load * 100) / 100);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    ffmpeg: `${ffmpeg.version} (${ffmpeg.path})`,
    date: new Date().toISOString(),
    loadAverage,
    busyAtStart: await busyShare(watchMs, signal),
  };
}

/** Why the results will be noisy, or undefined on an idle machine. */
export function noiseWarning({ busyAtStart, cores }: MachineFacts): string | undefined {
  return busyAtStart > busyLimit
    ? `This machine is not idle: ${Math.round(busyAtStart * 100)} % of its ${cores} cores were busy before the start. Do not quote these results.`
    : undefined;
}

async function busyShare(ms: number, signal: AbortSignal): Promise<number> {
  const before = cpuTimes();
  await sleep(ms, undefined, { signal });
  const after = cpuTimes();
  return (after.busy - before.busy) / Math.max(1, after.all - before.all);
}

function cpuTimes(): { readonly busy: number; readonly all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) };
}
