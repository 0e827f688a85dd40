import type { Ffmpeg } from '../ffmpeg/find-ffmpeg.js';
import type { HardwareStatus } from '../ffmpeg/hardware/report.js';
import { costOf, type AccessoryStatus, type CameraCost } from '../homekit/accessory-status.js';
import type { CameraResources, ResourceStatus } from '../resources/resource-status.js';
import { secondsSince } from '../seconds-since.js';

/** Everything that goes on with one camera, and what it takes. */
export interface CameraOfHouse extends AccessoryStatus {
  readonly cost: CameraCost;
  /** Undefined where nothing is known of it yet. */
  readonly resources: CameraResources | undefined;
}

/** Everything that goes on in the whole house. Can be written as JSON, and holds no secrets. */
export interface HouseStatus {
  readonly version: string;
  /** Of the process that the plugin runs in. */
  readonly uptimeSeconds: number;
  /** That connects to the cameras; undefined until one was found. */
  readonly ffmpeg: Pick<Ffmpeg, 'path' | 'version' | 'origin'> | undefined;
  readonly hardware: HardwareStatus;
  /** What everything takes; that of each camera stands there. */
  readonly resources: Omit<ResourceStatus, 'cameras'>;
  readonly cameras: readonly CameraOfHouse[];
}

export interface HouseFacts extends Pick<HouseStatus, 'version' | 'ffmpeg' | 'hardware'> {
  readonly resources: ResourceStatus;
  readonly cameras: readonly { status(): AccessoryStatus }[];
}

/** As it is now. */
export function houseStatus({ version, ffmpeg, hardware, resources, cameras }: HouseFacts): HouseStatus {
  const { cameras: byCamera, ...ofHouse } = resources;
  return {
    version,
    uptimeSeconds: secondsSince(0),
    ffmpeg: ffmpeg && { path: ffmpeg.path, version: ffmpeg.version, origin: ffmpeg.origin },
    hardware,
    resources: ofHouse,
    cameras: cameras.map((camera) => {
      const status = camera.status();
      const taken = byCamera[status.camera];
      return { ...status, cost: costOf(status, taken), resources: taken };
    }),
  };
}
