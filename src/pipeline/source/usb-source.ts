import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { DeviceTools } from '../../ffmpeg/devices/capture-device.js';
import { explainTrouble } from '../../ffmpeg/devices/device-trouble.js';
import { deviceFinders } from '../../ffmpeg/devices/finders.js';
import { deviceTools } from '../../ffmpeg/devices/list-devices.js';
import { resolveDevice } from '../../ffmpeg/devices/resolve-device.js';
import { chooseDeviceMode, type DeviceMode } from '../../policy/device-mode.js';
import type { SeenPicture } from '../../policy/picture-choice.js';
import { asProblem, Problem } from '../../problems.js';
import type { OpenedSource, SourceTools } from './opened-source.js';

/**
 * Finds a capture device of this machine, anew at each connection, as it may have come back under another number; and how it is to send.
 * @param wanted its name, a part of it that no other has, or its path.
 * @throws Problem where it is not there, or cannot be used.
 */
export async function openUsbSource(wanted: string, { ffmpeg, signal, limits, devices }: SourceTools): Promise<OpenedSource> {
  const tools = deviceTools({ ...devices, ffmpeg, signal });
  const { system, folders } = tools;
  const path = await devicePath(wanted, tools);
  const explain = async (problem: Problem): Promise<Problem> => (system === 'v4l2' ? explainTrouble(problem, path, folders) : problem);
  const modes = await deviceFinders[system].modes(path, tools).catch(async (error: unknown) => Promise.reject(await explain(asProblem(error, 'device-unusable'))));
  const choice = chooseDeviceMode(modes ?? [], limits);
  if (!choice) {
    throw new Problem('device-unusable', modes ? `${path} names no mode that FFmpeg knows` : `${path} gives data about pictures, but none itself`);
  }
  return { input: { kind: 'device', system, device: path, mode: choice.mode }, picture: pictureOf(choice.mode), explain };
}

/** What FFmpeg opens. A path of Linux may lie anywhere, as a container's can, and lead to the device. */
async function devicePath(wanted: string, tools: DeviceTools): Promise<string> {
  const direct = tools.system === 'v4l2' && isAbsolute(wanted) ? await realpath(wanted).catch(() => undefined) : undefined;
  return direct ?? resolveDevice(wanted, await deviceFinders[tools.system].find(tools)).path;
}

function pictureOf({ format, width, height, fps }: DeviceMode): SeenPicture {
  return format === 'h264' || format === 'mjpeg' ? { codec: format, width, height, fps } : { codec: 'rawvideo', width, height, fps, pixelFormat: format };
}
