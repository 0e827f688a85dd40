import { getPriority, setPriority } from 'node:os';

/** What an FFmpeg is for. */
export type FfmpegRole = 'ingest' | 'ingest-encode' | 'still' | 'decode' | 'encode' | 'transcode' | 'sound' | 'talk' | 'probe';

/** What computes runs at lower priority, so that packets, HomeKit and the rest of the house come first. */
const niceness: Record<FfmpegRole, number> = { ingest: 0, 'ingest-encode': 10, still: 0, decode: 10, encode: 10, transcode: 10, sound: 0, talk: 0, probe: 10 };

let refusal: string | undefined;

/** Why the system does not let this process give an FFmpeg a lower priority; undefined where it does. */
export function priorityRefusal(): string | undefined {
  return refusal;
}

/** Gives an FFmpeg the priority of its role, or leaves it at that of this process where that is lower. Windows knows classes instead; Node has them stand for numbers. */
export function setFfmpegPriority(pid: number | undefined, role: FfmpegRole, set: typeof setPriority = setPriority): void {
  const nice = niceness[role];
  if (pid === undefined || nice <= Math.max(0, getPriority())) {
    return;
  }
  try {
    set(pid, nice);
  } catch (error) {
    // One that is already gone says nothing about the system.
    if (!isGone(pid)) {
      refusal ??= error instanceof Error ? error.message : String(error);
    }
  }
}

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}
