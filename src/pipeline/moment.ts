import type { AccessUnit } from '../media/access-unit.js';
import type { CameraStream } from './camera-stream.js';

/** A moment of the past, encoded: all that is needed to see the last of these pictures. */
export interface Moment {
  readonly stream: 'main' | 'sub';
  readonly keyframe: AccessUnit;
  /** The keyframe and what follows it, in the order in which they are decoded. */
  readonly units: readonly AccessUnit[];
  /** Of its pictures, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
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
  const [keyframe] = units;
  if (!keyframe) {
    return undefined;
  }
  const { width, height } = keyframe.format;
  const timeMs = units.reduce((newest, unit) => (unit.timeMs <= atMs ? Math.max(newest, unit.timeMs) : newest), keyframe.timeMs);
  return { stream: name, keyframe, units, size: { width, height }, timeMs };
}
