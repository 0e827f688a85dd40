import { execFile } from 'node:child_process';
import { Problem } from '../../problems.js';
import type { CaptureSystem } from '../input-arguments.js';
import { askFfmpeg } from './ask-ffmpeg.js';
import { parseAvfoundationDevices, parseAvfoundationModes } from './avfoundation-listing.js';
import type { DeviceFinder } from './capture-device.js';
import { parseDshowDevices, parseDshowModes } from './dshow-listing.js';
import { parseV4l2Ctl, parseV4l2Formats, withRates } from './v4l2-listing.js';
import { findVideoNodes } from './v4l2-nodes.js';

const v4l2CtlWithinMs = 5_000;

/** A node for metadata, or one that a program writes to. */
const givesNoPictures = /Not a video capture device|VIDIOC_G_INPUT\): Inappropriate ioctl|does not support the streaming I\/O method/;

/** How FFmpeg, and the system, are asked for capture devices. */
export const deviceFinders: Readonly<Record<CaptureSystem, DeviceFinder>> = {
  v4l2: {
    find: ({ folders }) => findVideoNodes(folders),
    modes: async (path, tools) => {
      const [said, printed] = await Promise.all([
        askFfmpeg(['-f', 'v4l2', '-list_formats', 'all', '-i', path], tools, (text) => givesNoPictures.test(text)),
        printedBy(tools.v4l2Ctl, ['--device', path, '--list-formats-ext']),
      ]);
      return givesNoPictures.test(said) ? undefined : withRates(parseV4l2Formats(said), parseV4l2Ctl(printed));
    },
  },
  avfoundation: {
    find: async (tools) => parseAvfoundationDevices(await askFfmpeg(['-f', 'avfoundation', '-list_devices', 'true', '-i', ''], tools, (said) => said.includes('AVFoundation video devices'))),
    modes: async (path, tools) => {
      // No camera has this size: it says which ones it has, and does not begin.
      const said = await askFfmpeg(['-f', 'avfoundation', '-video_size', '1x1', '-framerate', '1', '-i', `${path}:none`], tools, (text) => text.includes('Supported modes'));
      return parseAvfoundationModes(said);
    },
  },
  dshow: {
    find: async (tools) => {
      const isAnswer = (said: string): boolean => /Alternative name|Could not enumerate video devices/.test(said);
      return parseDshowDevices(await askFfmpeg(['-f', 'dshow', '-list_devices', 'true', '-i', 'dummy'], tools, isAnswer));
    },
    modes: async (path, tools) => parseDshowModes(await askFfmpeg(['-f', 'dshow', '-list_options', 'true', '-i', `video=${path}`], tools, (said) => said.includes('min s='))),
  },
};

const systems: Partial<Record<NodeJS.Platform, CaptureSystem>> = { linux: 'v4l2', darwin: 'avfoundation', win32: 'dshow' };

/** @throws Problem device-unusable where FFmpeg has no way to open cameras of this system. */
export function captureSystem(platform: NodeJS.Platform = process.platform): CaptureSystem {
  const system = systems[platform];
  if (system === undefined) {
    throw new Problem('device-unusable', `not on ${platform}`);
  }
  return system;
}

/** What a program prints; empty where it is not there, or fails. */
async function printedBy(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: v4l2CtlWithinMs, killSignal: 'SIGKILL' }, (error, stdout) => resolve(error ? '' : stdout));
  });
}
