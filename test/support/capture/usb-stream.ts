import type { Ffmpeg } from '../../../src/ffmpeg/find-ffmpeg.js';
import { follow, type Followed } from '../followed-stream.js';
import { streamOf, type SourceStream } from '../opened-stream.js';
import { softwareOf } from '../test-ffmpeg.js';
import type { PluggedDevices } from './plugged-devices.js';

/** The plugin's stream of a USB camera, which nobody has leased yet. */
export interface UsbStream extends SourceStream, Followed {}

/** @param ffmpeg a stand-in with these devices. */
export function openUsbStream(device: string, ffmpeg: Ffmpeg, { folders }: PluggedDevices): UsbStream {
  const standIn = (): Promise<Ffmpeg> => Promise.resolve(ffmpeg);
  const opened = streamOf({ kind: 'usb', device }, { sound: true, ffmpeg: standIn, hardware: softwareOf(standIn), devices: { folders, system: 'v4l2', v4l2Ctl: 'no-such-program' } });
  return { ...opened, ...follow(opened.stream, () => opened.problems.map(({ message }) => message)) };
}
