import type { AccessUnit } from './access-unit.js';
import { isBFrame } from './nal.js';

/** What a stream really does, as opposed to what it declares. */
export interface StreamMeasure {
  /** Pictures per second. */
  readonly fps: number;
  readonly bitrateKbps: number;
  /** Longest distance between two keyframes, in milliseconds, without pauses of the stream; undefined until two were seen. */
  readonly keyframeIntervalMs: number | undefined;
  /** Whether pictures are shown in another order than they are sent: by their times, by what they are, or as announced while few were seen. */
  readonly bFrames: boolean;
}

const leastUnits = 5;
/** Pictures further apart are a pause of the camera or of the network, not its frame rate. */
const pauseMs = 1_500;
/** Where B-frames are used at all, some are among so many pictures. */
const enoughToSeeReordering = 30;

/** Measures over whole GOPs (the last one may be unfinished), oldest first. Undefined until a few pictures are there. */
export function measureUnits(gops: readonly (readonly AccessUnit[])[]): StreamMeasure | undefined {
  const units = gops.flat();
  const first = units[0];
  const spanMs = lengthMs(units);
  if (units.length < leastUnits || spanMs <= 0) {
    return undefined;
  }
  const bytes = units.slice(0, -1).reduce((sum, unit) => sum + unit.data.length, 0);
  const intervals = gops.slice(0, -1).map((gop, index) => lengthMs([...gop, ...(gops[index + 1]?.slice(0, 1) ?? [])]));
  return {
    fps: Math.round(((units.length - 1) / spanMs) * 10_000) / 10,
    bitrateKbps: Math.round((bytes * 8) / spanMs),
    keyframeIntervalMs: intervals.length > 0 ? Math.max(...intervals) : undefined,
    bFrames: (first?.format.reorders === true && units.length < enoughToSeeReordering) || units.some((unit, index) => unit.timeMs < (units[index - 1]?.timeMs ?? -Infinity) || isDeclaredBFrame(unit)),
  };
}

/**
 * Whether an H.264 picture says that it is a B-frame, in a stream that does not exclude them. Where a stream has no times, or useless ones, each picture
 * seems to be shown when it is decoded, and only this tells.
 */
export function isDeclaredBFrame({ format: { codec, reorders }, data }: Pick<AccessUnit, 'format' | 'data'>): boolean {
  return codec === 'h264' && reorders !== false && isBFrame(data);
}

/** From the first unit to the last; a pause counts as nothing. */
function lengthMs(units: readonly AccessUnit[]): number {
  return units.reduce((sum, { decodeTimeMs }, index) => {
    const stepMs = decodeTimeMs - (units[index - 1]?.decodeTimeMs ?? decodeTimeMs);
    return sum + (stepMs > pauseMs ? 0 : stepMs);
  }, 0);
}
