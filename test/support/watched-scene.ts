import type { ShownScene } from './camera/drawn-scene.js';
import { marksZones } from './camera/marks.js';
import type { FirstPicture } from './camera/feed.js';
import type { SimulatedCamera } from './camera/rtsp-camera.js';
import type { StreamName } from './camera/statistics.js';
import type { Controller, SnapshotRequest } from './controller/controller.js';
import { EventLog, type ReportedValue } from './controller/event-log.js';
import { hapCharacteristic, hapService } from './controller/hap-types.js';
import { decodeJpeg } from './picture.js';

/** A quiet front garden in a loop that is longer than anything a test looks back for, so that a counter names a moment. */
export const quietFootage = { scene: 'still', width: 640, height: 360, bitrateKbps: 800, keyframeSeconds: 1, seconds: 20 } as const;

/** Options of a camera that looks for motion in it: not in the marks, which change all the time. */
export const watchingOptions = { motionDetection: 'on', motionTimeout: 3, motionZones: marksZones } as const;

/** A change of the scene, and what HomeKit was told of it. */
export interface WitnessedChange {
  /** The first picture of it, in the stream that is looked at. */
  readonly first: FirstPicture;
  readonly reported: ReportedValue;
  /** From that picture to the report. */
  readonly afterMs: number;
}

/** A camera in front of which something moves on command, and a controller that waits to be told. */
export class WatchedScene {
  private constructor(
    readonly camera: SimulatedCamera,
    readonly controller: Controller,
    readonly motion: EventLog,
    private readonly stream: StreamName,
  ) {}

  /** `stream`: the one in which motion is looked for. */
  static async follow(camera: SimulatedCamera, controller: Controller, stream: StreamName = 'main'): Promise<WatchedScene> {
    return new WatchedScene(camera, controller, await EventLog.follow(await controller.fork(), hapService.motionSensor, hapCharacteristic.motionDetected), stream);
  }

  /** Changes the scene, and waits until HomeKit is told that motion has begun or ended. */
  async change(scene: ShownScene, timeoutMs: number): Promise<WitnessedChange> {
    const from = this.motion.count;
    const begin = await this.camera.show(scene);
    const first = begin[this.stream] ?? begin.main;
    const reported = await this.motion.next(scene === 'walker', timeoutMs, from);
    return { first, reported, afterMs: reported.atMs - first.sentMs };
  }

  /** How long before this picture another one was filmed, in milliseconds; negative where it was later. Up to half a loop. */
  msBefore(first: FirstPicture, counter: number): number {
    const { fps, seconds } = this.camera.footage(this.stream).settings;
    const loop = fps * seconds;
    const pictures = (((first.counter - counter) % loop) + loop) % loop;
    return ((pictures > loop / 2 ? pictures - loop : pictures) * 1_000) / fps;
  }

  /** The counter that is drawn into a picture that HomeKit gets now; undefined where it is not the camera's. */
  async snapshotCounter(reason: SnapshotRequest['reason']): Promise<number | undefined> {
    const { jpeg } = await this.controller.snapshot({ width: 640, height: 360, ...(reason !== undefined && { reason }) });
    return (await decodeJpeg(jpeg)).marks?.counter;
  }
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
