import { asProblem } from '../../problems.js';
import type { Ffmpeg } from '../find-ffmpeg.js';
import { systemFolders, type CaptureDevice, type DeviceTools, type FoundDevice } from './capture-device.js';
import { captureSystem, deviceFinders } from './finders.js';

/** What is as on this machine where it is left out. */
export type DeviceQuestion = Partial<DeviceTools> & { readonly ffmpeg: Ffmpeg };

/** @throws Problem where FFmpeg has no way to open cameras of this system. */
export function deviceTools({ system = captureSystem(), folders = systemFolders, v4l2Ctl = 'v4l2-ctl', ffmpeg, signal }: DeviceQuestion): DeviceTools {
  return { ffmpeg, system, folders, v4l2Ctl, signal };
}

/**
 * The cameras that are plugged into this machine, with what they can send. None is connected to, so that also those are listed that are in use.
 * @throws Problem where the system, or its FFmpeg, cannot be asked.
 */
export async function listDevices(question: DeviceQuestion): Promise<readonly CaptureDevice[]> {
  const tools = deviceTools(question);
  const found = await deviceFinders[tools.system].find(tools);
  const listed: CaptureDevice[] = [];
  // One after the other: some drivers do not like to be asked twice at once.
  for (const device of found) {
    listed.push(...(await describe(device, tools)));
  }
  return listed;
}

/** None where it gives no pictures. */
async function describe(device: FoundDevice, tools: DeviceTools): Promise<readonly CaptureDevice[]> {
  const { system } = tools;
  try {
    const modes = await deviceFinders[system].modes(device.path, tools);
    return modes ? [{ ...device, system, modes }] : [];
  } catch (error) {
    return [{ ...device, system, modes: [], problem: asProblem(error, 'device-unusable') }];
  }
}
