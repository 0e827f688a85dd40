import { tmpdir } from 'node:os';
import type { Ffmpeg } from '../../../src/ffmpeg/find-ffmpeg.js';
import type { AccessUnit } from '../../../src/media/access-unit.js';
import { CameraStream } from '../../../src/pipeline/camera-stream.js';
import { unturned } from '../../../src/policy/picture-turn.js';
import type { Problem } from '../../../src/problems.js';
import { softwareOf, testFfmpeg } from '../test-ffmpeg.js';
import type { PluggedDevices } from './plugged-devices.js';

/** The plugin's stream of a USB camera, which nobody has leased yet; and all that comes of it. */
export interface UsbStream extends AsyncDisposable {
  readonly stream: CameraStream;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  readonly units: readonly AccessUnit[];
}

/** @param ffmpeg a stand-in with these devices. */
export function openUsbStream(device: string, ffmpeg: Ffmpeg, { folders }: PluggedDevices): UsbStream {
  const problems: Problem[] = [];
  const notes: string[] = [];
  const units: AccessUnit[] = [];
  const stream = new CameraStream({
    name: 'main',
    source: { kind: 'usb', device },
    devices: { folders, system: 'v4l2', v4l2Ctl: 'no-such-program' },
    turn: unturned,
    hardware: softwareOf(() => Promise.resolve(ffmpeg)),
    sound: true,
    ffmpeg: () => testFfmpeg().then(() => ffmpeg),
    idleTimeoutMs: 200,
    socketFolder: tmpdir(),
    onProblem: (problem) => problems.push(problem),
    onConnected: () => undefined,
    onFormat: () => undefined,
    onSoundProblem: (problem) => problems.push(problem),
    onNote: (text) => notes.push(text),
  });
  const reader = stream.packets.read(() => {
    for (let unit = reader.next(); unit; unit = reader.next()) {
      units.push(unit);
    }
  });
  return { stream, problems, notes, units, [Symbol.asyncDispose]: () => stream.close() };
}
