import type { CaptureMode } from '../../policy/device-mode.js';
import type { Problem } from '../../problems.js';
import type { Ffmpeg } from '../find-ffmpeg.js';
import type { CaptureSystem } from '../input-arguments.js';

/** A camera that is plugged into this machine, by its names. */
export interface FoundDevice {
  /** As the system calls it: 'HD Pro Webcam C920'. */
  readonly name: string;
  /** What stands behind "usb:" for this one and no other: its name, or a path where another has that name too. */
  readonly source: string;
  /** What FFmpeg opens: '/dev/video0', or what the other systems know it by. */
  readonly path: string;
  /** Other paths of it, under /dev/v4l. */
  readonly links: readonly string[];
  /** Whether the name means this one, of several that belong to one camera: a second one often gives only data about its pictures. */
  readonly first: boolean;
}

export interface CaptureDevice extends FoundDevice {
  readonly system: CaptureSystem;
  /** What it can send, as far as FFmpeg can take it; empty where that cannot be read. */
  readonly modes: readonly CaptureMode[];
  /** Why the modes could not be read. */
  readonly problem?: Problem | undefined;
}

/** Where a Linux keeps what is to be known of devices; '/' for all but tests. */
export interface SystemFolders {
  readonly dev: string;
  readonly sys: string;
  readonly proc: string;
  readonly etc: string;
}

export const systemFolders: SystemFolders = { dev: '/dev', sys: '/sys', proc: '/proc', etc: '/etc' };

/** What devices are looked for with. */
export interface DeviceTools {
  readonly ffmpeg: Ffmpeg;
  readonly system: CaptureSystem;
  readonly folders: SystemFolders;
  /** The program that tells rates on Linux; most machines do not have it. */
  readonly v4l2Ctl: string;
  readonly signal?: AbortSignal | undefined;
}

/** How a system is asked for its devices. */
export interface DeviceFinder {
  /** @throws Problem where it cannot be asked. */
  readonly find: (tools: DeviceTools) => Promise<readonly FoundDevice[]>;
  /**
   * @param path as found
   * @returns undefined where it is a device that gives no pictures.
   * @throws Problem where it cannot be asked.
   */
  readonly modes: (path: string, tools: DeviceTools) => Promise<readonly CaptureMode[] | undefined>;
}
