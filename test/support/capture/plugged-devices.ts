import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemFolders, type SystemFolders } from '../../../src/ffmpeg/devices/capture-device.js';

/** What FFmpeg prints of a camera's formats. */
export const offers = {
  raw: 'Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 320x240',
  mjpeg: 'Compressed:       mjpeg :          Motion-JPEG : 640x360 320x180',
  h264: 'Compressed:        h264 :                H.264 : 640x360',
} as const;

export interface PluggedDevice {
  /** Of /dev/video. */
  readonly number: number;
  readonly name: string;
  /** Of /dev/v4l/by-id, without its end. */
  readonly id?: string;
  /** Lines as FFmpeg prints them. */
  readonly offers: readonly string[];
  /** Whether it has a second node, for metadata, with the next number. */
  readonly metadata?: boolean;
}

/** Folders that look like those of a Linux with USB cameras, as far as they are read; for `StandIns.withDevices`. */
export class PluggedDevices implements AsyncDisposable {
  readonly folders: SystemFolders;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.folders = { ...systemFolders, dev: join(root, 'dev'), sys: join(root, 'sys') };
  }

  static async open(...devices: readonly PluggedDevice[]): Promise<PluggedDevices> {
    const plugged = new PluggedDevices(await mkdtemp(join(tmpdir(), 'camera-hub-devices-')));
    await mkdir(plugged.folders.dev, { recursive: true });
    for (const device of devices) {
      await plugged.plug(device);
    }
    return plugged;
  }

  path(number: number): string {
    return join(this.folders.dev, `video${number}`);
  }

  link(id: string, index = 0): string {
    return join(this.folders.dev, 'v4l', 'by-id', `usb-${id}-video-index${index}`);
  }

  async plug({ number, name, id, offers: lines, metadata = false }: PluggedDevice): Promise<void> {
    const hardware = join(this.#root, 'sys', 'devices', `usb-${number}`);
    await mkdir(hardware, { recursive: true });
    await mkdir(join(this.folders.dev, 'v4l', 'by-id'), { recursive: true });
    for (const [index, content] of (metadata ? [lines.join('\n'), 'metadata'] : [lines.join('\n')]).entries()) {
      const entry = this.#entry(number + index);
      await mkdir(entry, { recursive: true });
      await symlink(hardware, join(entry, 'device'));
      await writeFile(join(entry, 'name'), `${name}\n`);
      await writeFile(join(entry, 'index'), `${index}\n`);
      await writeFile(this.path(number + index), `${content}\n`);
      if (id !== undefined) {
        await symlink(join('..', '..', `video${number + index}`), this.link(id, index));
      }
    }
  }

  async unplug({ number, id, metadata = false }: PluggedDevice): Promise<void> {
    for (const index of metadata ? [1, 0] : [0]) {
      if (id !== undefined) {
        await rm(this.link(id, index));
      }
      await rm(this.#entry(number + index), { recursive: true });
      await rm(this.path(number + index));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }

  #entry(number: number): string {
    return join(this.folders.sys, 'class', 'video4linux', `video${number}`);
  }
}
