import type { AccessUnit } from '../media/access-unit.js';
import type { CameraStream } from './camera-stream.js';

/** A moment of the past, encoded: all that is needed to see the last of these pictures. */
export interface Moment {
  readonly stream: 'main' | 'sub';
  /** From a keyframe on, in the order in which they are decoded. Never empty. */
  readonly units: readonly AccessUnit[];
  /** Of the picture that is meant, on the process clock. */
  readonly timeMs: number;
}

/** The picture that this stream showed at `atMs`, or the nearest that is there. Undefined while it is not connected. */
export function momentOf({ name, packets }: Pick<CameraStream, 'name' | 'packets'>, atMs: number): Moment | undefined {
  using reader = packets.readAtLeisure();
  reader.seekBefore(atMs);
  const newest = reader.next();
  // With B-frames a keyframe is decoded before pictures that are shown before it.
  reader.seekBefore(newest && newest.timeMs > atMs ? newest.decodeTimeMs - 1 : atMs);
  const units: AccessUnit[] = [];
  for (let unit = reader.next(); unit && (units.length === 0 || unit.decodeTimeMs <= atMs); unit = reader.next()) {
    units.push(unit);
  }
  const [first] = units;
  return first && { stream: name, units, timeMs: units.reduce((newest, { timeMs }) => (timeMs <= atMs ? Math.max(newest, timeMs) : newest), first.timeMs) };
}
