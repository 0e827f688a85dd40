import type { HeldRing } from '../policy/memory-limit.js';
import type { AnalysisPace } from '../policy/motion-source.js';

/** A camera, as far as it takes of what all share. */
export interface ManagedCamera {
  readonly name: string;
  /** Whether it looks for motion. */
  readonly analyses: boolean;
  /** Of one core: looking for motion, beyond decoding. */
  readonly analysisCpuPercent: number;
  /** Of pictures, in this process. */
  readonly heldBytes: number;
  rings(): readonly HeldRing[];
  /** Those of its rings keep no past, until they are left out again. */
  shorten(rings: ReadonlySet<string>): void;
  /** Motion is looked for no more often than this. */
  set analysisPace(pace: AnalysisPace);
}
