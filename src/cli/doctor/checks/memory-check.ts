import { freemem, platform, totalmem } from 'node:os';
import { ContainerMemory, type MemoryRoom } from '../../../resources/measure/container-memory.js';
import { check } from '../check.js';
import { ok, problem, warning, type Finding } from '../finding.js';
import { bytesText } from '../units.js';

export interface MemoryFacts {
  readonly memory: MemoryRoom;
  /** Configured ones. */
  readonly cameras: number;
}

const mib = 2 ** 20;
/** What a connected camera takes beyond an empty Homebridge: ring and FFmpeg (docs/measurements.md), and the ring of one with a high bitrate. */
const cameraBytes = 50 * mib;
/** A conversion takes that much beside. */
const conversionBytes = 100 * mib;

export const memoryCheck = check({
  title: 'Memory',
  doing: 'Looking at memory',
  gather: ({ hub }): Promise<MemoryFacts> => {
    // macOS tells only of pages that lie idle.
    const system = { totalBytes: totalmem(), ...(platform() === 'darwin' ? {} : { availableBytes: freemem() }) };
    return Promise.resolve({ memory: new ContainerMemory('/').within(system), cameras: hub.cameras.length });
  },
  judge: judgeMemory,
});

export function judgeMemory({ memory: { totalBytes, availableBytes }, cameras }: MemoryFacts): readonly Finding[] {
  if (availableBytes === undefined) {
    return [ok(`${bytesText(totalBytes)} in all`)];
  }
  const seen = `${bytesText(availableBytes)} of ${bytesText(totalBytes)} are free`;
  const remedy = 'End what else runs, let fewer cameras "keepWarm", or set "maxMemory".';
  if (availableBytes < conversionBytes) {
    return [problem(seen, remedy)];
  }
  return [availableBytes < cameras * cameraBytes + conversionBytes ? warning(`${seen}: little for ${cameras === 1 ? 'a camera' : `${cameras} cameras`}, unless Homebridge runs and has its share already`, remedy) : ok(seen)];
}
