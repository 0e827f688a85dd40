import type { MotionStatus } from '../motion/motion-detection.js';
import type { CameraStatus, VideoStatus } from '../pipeline/camera-status.js';
import type { ReportedAlert } from '../resources/alert-watch.js';
import type { CameraResources } from '../resources/resource-status.js';
import type { LiveViewStatus } from './live/live-session.js';
import type { RecordingStatus } from './recording/recording-delegate.js';

/** Everything that goes on with a camera. All of this can be written as JSON. */
export interface AccessoryStatus extends CameraStatus {
  /** Undefined where the camera is not offered for recordings. */
  readonly recording: RecordingStatus | undefined;
  readonly views: readonly LiveViewStatus[];
  /** Pictures that viewers did not get, since the start: they were too slow, or there was no way to send them. */
  readonly viewsDropped: number;
  readonly motion: MotionStatus;
  /** What has been wrong for so long that it was told. */
  readonly problems: readonly ReportedAlert[];
}

/** What runs for a camera now. */
export interface CameraCost {
  /** FFmpegs that are connected to the camera. */
  readonly connections: number;
  readonly decoders: number;
  readonly encoders: number;
  /** Of its pictures, encoded and decoded, in this process. */
  readonly memoryMiB: number;
  /** Of one core: all its FFmpegs, and looking for motion; undefined until it has been measured. */
  readonly cpuPercent: number | undefined;
  /** Of one core: looking for motion, beyond decoding. */
  readonly motionCpuPercent: number;
}

/** What a camera costs, in few words. All of this can be written as JSON. */
export function costOf({ streams, motion }: Pick<AccessoryStatus, 'streams' | 'motion'>, resources: CameraResources | undefined): CameraCost {
  const sum = (of: (stream: VideoStatus) => number): number => streams.reduce((total, stream) => total + of(stream), 0);
  return {
    connections: streams.filter(({ state }) => state === 'live').length,
    decoders: sum(({ decoder }) => decoder.processes),
    encoders: sum(({ renditions }) => renditions.reduce((total, { processes }) => total + processes, 0)),
    memoryMiB: Math.round(sum(({ ringBytes, decoder }) => ringBytes + decoder.pool.bytes) / 2 ** 20),
    cpuPercent: resources?.cpuPercent,
    motionCpuPercent: Math.round((motion.cost?.cpuPercent ?? 0) * 100) / 100,
  };
}
