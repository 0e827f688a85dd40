import { listDevices } from '../../ffmpeg/devices/list-devices.js';
import { chosenFfmpeg, ffmpegOption } from '../shell/chosen-ffmpeg.js';
import { command, exitCodes, type ExitCode, type Invocation } from '../shell/command.js';
import { devicesJson, devicesText } from './devices-report.js';

const options = {
  ffmpeg: ffmpegOption,
} as const;

export const devicesCommand = command({
  name: 'devices',
  summary: 'Lists the cameras that are plugged into this machine, what to write as their source, and what they can send.',
  operands: [],
  options,
  notes: ['None is connected to. A machine without such a camera is no mistake: the list is empty then.'],
  run: devices,
});

async function devices({ values, json, screen, signal }: Invocation<typeof options>): Promise<ExitCode> {
  const ffmpeg = await chosenFfmpeg(values.ffmpeg, screen).find();
  const listed = await listDevices({ ffmpeg, signal });
  if (json) {
    screen.printJson(devicesJson(listed));
  } else {
    screen.print(devicesText(listed));
  }
  return listed.some(({ problem }) => problem) ? exitCodes.wrong : exitCodes.well;
}
