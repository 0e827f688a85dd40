import type { Ffmpeg } from '../src/ffmpeg/find-ffmpeg.js';

/** What a value is counted in; the table knows how to print each. */
export type Unit = 'ms' | 'µs' | 'MB' | '% of a core' | 'times' | 'processes' | 'connections';

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  /** What is asked for, in the same unit; without it the value is only reported. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Spread, counts, what others need: whatever helps to read the value. */
  readonly remark?: string;
}

/** What every scenario gets. */
export interface Bench {
  readonly ffmpeg: Ffmpeg;
  /** Fewer samples and shorter windows: to try the harness, not to quote. */
  readonly quick: boolean;
  /** Ends the run; every wait throws, and what was started is cleaned up on the way out. */
  readonly signal: AbortSignal;
  /** Where each Homebridge writes a V8 CPU profile when it ends. */
  readonly profileFolder: string | undefined;
  /** A line for who waits. */
  readonly say: (text: string) => void;
}

/** A measurement that can be run alone. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** It reads /proc. */
  readonly linuxOnly: boolean;
  run(bench: Bench): Promise<readonly Row[]>;
}

/** Whether a value is what was asked for; undefined where nothing was. */
export function reached({ value, atMost, atLeast }: Row): boolean | undefined {
  return atMost === undefined && atLeast === undefined ? undefined : value <= (atMost ?? Infinity) && value >= (atLeast ?? -Infinity);
}
