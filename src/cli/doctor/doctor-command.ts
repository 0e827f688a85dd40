import { join } from 'node:path';
import { readConfig } from '../../config/read-config.js';
import { FfmpegSearch } from '../../ffmpeg/ffmpeg-search.js';
import { Hardware } from '../../ffmpeg/hardware/hardware.js';
import { command, exitCodes, type ExitCode, type Invocation } from '../shell/command.js';
import { silentLog } from '../shell/silent-log.js';
import { Workspace } from '../shell/workspace.js';
import type { Check, DoctorContext } from './check.js';
import { camerasCheck } from './checks/cameras-check.js';
import { diskCheck } from './checks/disk-check.js';
import { ffmpegCheck } from './checks/ffmpeg-check.js';
import { hardwareCheck } from './checks/hardware-check.js';
import { memoryCheck } from './checks/memory-check.js';
import { nodeCheck } from './checks/node-check.js';
import { portsCheck } from './checks/ports-check.js';
import { rightsCheck } from './checks/rights-check.js';
import { settingsCheck } from './checks/settings-check.js';
import { timeCheck } from './checks/time-check.js';
import { readConfigFile } from './config-facts.js';
import { checkText, doctorJson, isWell, summaryText, type CheckResult } from './doctor-report.js';
import { findStorage } from './storage-place.js';

/** In this order; each is told as soon as it is known. */
const checks: readonly Check[] = [nodeCheck, settingsCheck, ffmpegCheck, hardwareCheck, portsCheck, rightsCheck, diskCheck, memoryCheck, timeCheck, camerasCheck];

const options = {
  'user-storage-path': { type: 'string', short: 'U', value: '<folder>', help: 'Where Homebridge keeps its settings. Otherwise UIX_STORAGE_PATH, then ~/.homebridge, /var/lib/homebridge or /homebridge, whichever has any.' },
  'skip-cameras': { type: 'boolean', help: 'Cameras are not connected to.' },
} as const;

export const doctorCommand = command({
  name: 'doctor',
  summary: 'Checks all that the plugin depends on: settings, FFmpeg, graphics hardware, ports, rights, disk, memory, clock, and each camera.',
  operands: [],
  options,
  notes: ['Changes nothing, and may be run while Homebridge runs: each camera is connected to once more for some seconds then. A camera whose privacy switch is on is left alone.', 'Warnings are no reason to end with 1, problems are.'],
  run: doctor,
});

async function doctor({ values, json, screen, signal }: Invocation<typeof options>): Promise<ExitCode> {
  const storage = await findStorage(values['user-storage-path']);
  const config = await readConfigFile(storage.configFile);
  const { hub } = (config.kind === 'read' ? config.read : undefined) ?? readConfig({});
  await using workspace = await Workspace.open();
  const ffmpeg = new FfmpegSearch(hub.ffmpegPath, () => undefined);
  // What it finds out is not kept: the plugin is to find out for itself.
  await using hardware = new Hardware({ search: ffmpeg, wanted: hub.hardware, device: hub.hardwareDevice, file: join(workspace.folder, 'hardware.json'), log: silentLog });
  const context: DoctorContext = { storage, config, hub, ffmpeg, hardware, workFolder: workspace.folder, skipCameras: values['skip-cameras'] === true, signal, onProgress: (text) => screen.tick(text) };
  const results: CheckResult[] = [];
  for (const { title, doing, find } of checks) {
    signal.throwIfAborted();
    screen.step(`${doing} ...`);
    const result = { title, findings: await find(context) };
    results.push(result);
    if (!json && result.findings.length > 0) {
      screen.print(checkText(result));
    }
  }
  if (json) {
    screen.printJson(doctorJson(storage.folder, results));
  } else {
    screen.print(`\n${summaryText(results)}`);
  }
  return isWell(results) ? exitCodes.well : exitCodes.wrong;
}
