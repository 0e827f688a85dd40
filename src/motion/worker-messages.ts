import type { SharedFrame } from '../pipeline/shared-frame.js';
import type { DetectorSettings, MotionVerdict } from './detector.js';

/** What a motion worker is told. A watch is one camera's pictures, with a detector of its own. */
export type WorkerOrder =
  | { readonly kind: 'watch'; readonly watch: number; readonly settings: DetectorSettings }
  | { readonly kind: 'look'; readonly watch: number; readonly frame: SharedFrame }
  | { readonly kind: 'forget'; readonly watch: number };

/** What it says of each picture, which it has given back by then. */
export interface WorkerAnswer {
  readonly watch: number;
  /** The share's number. */
  readonly number: number;
  /** Undefined where the detector refused the picture; then `refused` says why. */
  readonly verdict?: MotionVerdict;
  readonly refused?: string;
  /** Processor time since the answer before: with the way of the picture into the thread. */
  readonly cpuMs: number;
}
