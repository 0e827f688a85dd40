import { readConfig } from '../../config/read-config.js';
import type { CameraConfig } from '../../config/options.js';
import { shownSource } from '../../config/shown-source.js';
import { Hardware } from '../../ffmpeg/hardware/hardware.js';
import { parseCameraSource, whyNoSource } from '../../media/camera-source.js';
import { chosenFfmpeg, ffmpegOption } from '../shell/chosen-ffmpeg.js';
import { command, exitCodes, UsageError, type ExitCode, type Invocation } from '../shell/command.js';
import { silentLog } from '../shell/silent-log.js';
import { Workspace } from '../shell/workspace.js';
import { adviceFor } from './advice.js';
import { configEntry } from './config-entry.js';
import { examineCamera, type Enough } from './examine-camera.js';
import { homeVerdict } from './home-verdict.js';
import { probeJson, probeText, type ProbeResult } from './report.js';

/** Command lines are seen by all users of a machine, its environment is not. */
const passwordVariable = 'CAMERA_HUB_PASSWORD';
/** Two keyframe intervals say how far keyframes are apart; the least is for a bitrate that means something. */
const usualEnough: Enough = { keyframeIntervals: 2, leastMs: 3_000, mostMs: 20_000 };
const longestSeconds = 600;

const options = {
  'username': { type: 'string', value: '<name>', help: 'User name of the camera, if it is not part of the address.' },
  'password': { type: 'string', value: '<password>', help: `Its password. Better put it into the environment variable ${passwordVariable}: command lines are seen by others.` },
  'transport': { type: 'string', value: '<tcp|udp|http>', help: 'How the stream of an RTSP camera travels; tcp unless told otherwise.' },
  'substream': { type: 'string', value: '<source>', help: "The camera's smaller second stream, to be looked at too." },
  'seconds': { type: 'string', value: '<number>', help: 'Measures so long. Otherwise until two keyframe intervals were seen, at most 20 s.' },
  'ffmpeg': ffmpegOption,
} as const;

export const probeCommand = command({
  name: 'probe',
  summary: 'Finds out what a camera sends, and what that means for Apple Home.',
  operands: ['<source>'],
  options,
  notes: [
    'The source is written as in the settings: an address (rtsp://, rtmp://, http://, srt://), "usb:" and the name of a USB camera, or "test:" for a test picture. Put quotes around an address with special characters.',
    'Connects once, as the plugin does, and ends with the entry for config.json. Passwords are never shown.',
  ],
  run: probe,
});

async function probe(invocation: Invocation<typeof options>, [source = '']: readonly string[]): Promise<ExitCode> {
  const { values, json, screen, signal } = invocation;
  const config = cameraOf(source, values);
  const enough = enoughOf(values.seconds);
  const shown = shownSource(config.source);
  await using workspace = await Workspace.open();
  const ffmpeg = chosenFfmpeg(values.ffmpeg, screen);
  await using hardware = new Hardware({ search: ffmpeg, wanted: 'software', file: `${workspace.folder}/hardware.json`, log: silentLog });
  screen.step(`Looking at ${shown} ...`);
  const findings = await examineCamera({ config, ffmpeg, hardware, socketFolder: workspace.folder, enough, signal, onProgress: (text) => screen.tick(text) });
  const result: ProbeResult = { source: shown, findings, verdicts: homeVerdict(findings, config), advice: adviceFor({ findings, source: parseCameraSource(config.source), rules: config }), entry: configEntry(config) };
  if (json) {
    screen.printJson(probeJson(result));
  } else {
    screen.print(probeText(result));
  }
  return exitCodes.well;
}

/** Read as the plugin reads its configuration. @throws UsageError */
function cameraOf(source: string, { username, password = process.env[passwordVariable], transport, substream }: Invocation<typeof options>['values']): CameraConfig {
  const given = { name: 'Camera', source, username, password, transport, substream };
  const { hub, faults } = readConfig({ cameras: [Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))] });
  const [camera] = hub.cameras;
  const [fault] = faults;
  if (!camera || fault) {
    const [what, why] = fault?.option === 'source' ? ['The source', whyNoSource(source)] : [`--${fault?.option ?? ''}`, undefined];
    throw new UsageError(`${what} is ${fault?.given ?? ''}${why === undefined ? '' : ` (${why})`}, allowed is ${fault?.allowed ?? ''}.`);
  }
  return camera;
}

function enoughOf(seconds: string | undefined): Enough {
  if (seconds === undefined) {
    return usualEnough;
  }
  const ms = Number(seconds) * 1_000;
  if (!(ms > 0 && ms <= longestSeconds * 1_000)) {
    throw new UsageError(`--seconds is a number from above 0 to ${longestSeconds}.`);
  }
  return { keyframeIntervals: Infinity, leastMs: ms, mostMs: ms };
}
