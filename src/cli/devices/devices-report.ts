import type { CaptureDevice } from '../../ffmpeg/devices/capture-device.js';
import { codecName } from '../../policy/codec-names.js';
import { chooseDeviceMode, type CaptureMode } from '../../policy/device-mode.js';
import { section, table, wrapped } from '../shell/layout.js';
import { problemJson } from '../shell/problem-json.js';

/** What `devices` says of the cameras that are plugged in. Pure. */

export function devicesText(devices: readonly CaptureDevice[]): string {
  if (devices.length === 0) {
    return wrapped('No camera is plugged into this machine, or none that may be seen. In Docker a device has to be passed on to the container; on macOS and Windows the privacy settings of the system have to allow it.');
  }
  return devices.flatMap((device) => section(device.name, table(deviceRows(device)))).join('\n\n');
}

/** The same for programs; docs/command-line.md describes it. */
export function devicesJson(devices: readonly CaptureDevice[]): object {
  return {
    ok: devices.every(({ problem }) => problem === undefined),
    devices: devices.map(({ name, source, path, system, modes, problem }) => ({
      name,
      source: `usb:${source}`,
      path,
      system,
      modes,
      used: chooseDeviceMode(modes)?.mode,
      problem: problem && problemJson(problem),
    })),
  };
}

function deviceRows({ source, path, modes, problem }: CaptureDevice): [string, string | undefined][] {
  const chosen = chooseDeviceMode(modes);
  return [
    ['Source', `usb:${source}`],
    ['Path', path === source ? undefined : path],
    ...modeRows(modes),
    ['Used', chosen && `${codecName(chosen.mode.format)}, ${chosen.mode.width}x${chosen.mode.height}, ${rate(chosen.mode.fps)} pictures a second${chosen.because === '' ? '' : ` (${chosen.because})`}`],
    ['Problem', problem?.line],
  ];
}

/** A row for each format: its sizes, each with its rates. */
function modeRows(modes: readonly CaptureMode[]): [string, string][] {
  const formats = [...new Set(modes.map(({ format }) => format))];
  return formats.map((format) => [codecName(format), modes.filter((mode) => mode.format === format).map(modeText).join('; ')]);
}

function modeText({ width, height, fps }: CaptureMode): string {
  const rates = fps.toSorted((a, b) => b - a).map(rate);
  return `${width}x${height}${rates.length === 0 ? '' : ` at ${rates.join(', ')}`}`;
}

function rate(fps: number): string {
  return String(Math.round(fps * 10) / 10);
}
