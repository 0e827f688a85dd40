import type { AccessUnit } from '../../src/media/access-unit.js';
import { joinNals, toAnnexB } from '../../src/media/nal.js';
import type { FrameListener } from '../../src/pipeline/frame-readers.js';
import { readMarks } from './camera/marks.js';
import type { SimulatedCamera } from './camera/rtsp-camera.js';
import { decodeAnnexB, type Decoded } from './controller/decode.js';
import { ffmpegPath } from './house.js';

/** A decoded picture as a reader of the decoder saw it. */
export interface SeenPicture {
  readonly width: number;
  readonly height: number;
  /** What the simulated camera drew into it; undefined where that cannot be read. */
  readonly counter: number | undefined;
  readonly timeMs: number;
  readonly seenMs: number;
}

/** Looks at each picture and keeps none. */
export class FrameWatcher implements FrameListener {
  readonly seen: SeenPicture[] = [];

  onFrame({ width, height, timeMs, luma }: Parameters<FrameListener['onFrame']>[0]): void {
    const seenMs = performance.now();
    this.seen.push({ width, height, timeMs, counter: readMarks(luma, width, height)?.counter, seenMs });
  }
}

/** How many pictures are missing between two that follow on each other, at most. */
export function longestGap(times: readonly { readonly timeMs: number }[], fps: number): number {
  return times.slice(1).reduce((most, { timeMs }, index) => Math.max(most, Math.round(((timeMs - (times[index]?.timeMs ?? timeMs)) * fps) / 1000) - 1), 0);
}

/** What a viewer decodes of these, from the first keyframe on. */
export function decodeUnits(units: readonly AccessUnit[], luma: { readonly width: number; readonly height: number }): Promise<Decoded> {
  const start = units.findIndex(({ keyframe }) => keyframe);
  const annexB = units.slice(start < 0 ? units.length : start).flatMap(({ data, keyframe, format }) => [...(keyframe ? [toAnnexB(joinNals(format.parameterSets))] : []), toAnnexB(data)]);
  return decodeAnnexB(Buffer.concat(annexB), { ffmpegPath, luma });
}

/** How long after the camera sent it a picture came, in milliseconds; also where the camera has sent the same counter again since. */
export function latencyMs(camera: SimulatedCamera, counter: number, cameMs: number): number {
  const loopMs = camera.footage().settings.seconds * 1_000;
  const sinceMs = cameMs - (camera.sentAt(counter) ?? NaN);
  return sinceMs < 0 ? sinceMs + loopMs : sinceMs;
}
