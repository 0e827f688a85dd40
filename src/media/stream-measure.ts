import type { AccessUnit } from './access-unit.js';

/** What a stream really does, as opposed to what it declares. */
export interface StreamMeasure {
  /** Pictures per second. */
  readonly fps: number;
  readonly bitrateKbps: number;
  /** Longest distance between two keyframes, in milliseconds; undefined until two were seen. */
  readonly keyframeIntervalMs: number | undefined;
  /** Whether pictures are shown in another order than they are sent: as seen, or as announced while few were seen. */
  readonly bFrames: boolean;
}

const leastUnits = 5;
/** Where B-frames are used at all, some are among so many pictures. */
const enoughToSeeReordering = 30;

/** Measures over whole GOPs (the last one may be unfinished), oldest first. Undefined until a few pictures are there. */
export function measureUnits(gops: readonly (readonly AccessUnit[])[]): StreamMeasure | undefined {
  const units = gops.flat();
  const first = units[0];
  const last = units.at(-1);
  const spanMs = first && last ? last.decodeTimeMs - first.decodeTimeMs : 0;
  if (units.length < leastUnits || spanMs <= 0) {
    return undefined;
  }
  const bytes = units.slice(0, -1).reduce((sum, unit) => sum + unit.data.length, 0);
  const starts = gops.map((gop) => gop[0]?.decodeTimeMs).filter((time) => time !== undefined);
  const intervals = starts.slice(1).map((time, index) => time - (starts[index] ?? time));
  return {
    fps: Math.round(((units.length - 1) / spanMs) * 10_000) / 10,
    bitrateKbps: Math.round((bytes * 8) / spanMs),
    keyframeIntervalMs: intervals.length > 0 ? Math.max(...intervals) : undefined,
    bFrames: (first?.format.reorders === true && units.length < enoughToSeeReordering) || units.some((unit, index) => index > 0 && unit.timeMs < (units[index - 1]?.timeMs ?? 0)),
  };
}
