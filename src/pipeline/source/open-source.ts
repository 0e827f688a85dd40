import type { CameraSource } from '../../media/camera-source.js';
import { openHttpSource } from './http-source.js';
import type { OpenedSource, SourceTools } from './opened-source.js';
import { openUsbSource } from './usb-source.js';

/**
 * Finds out what has to be known of a source before FFmpeg is connected to it.
 * @throws Problem where it is not there, or cannot be used.
 */
export async function openSource(source: CameraSource, tools: SourceTools): Promise<OpenedSource> {
  switch (source.kind) {
    case 'http':
      return openHttpSource(source.url, tools);
    case 'usb':
      return openUsbSource(source.device, tools);
    case 'test':
      return { input: { ...source, startSeconds: secondsOfDay(new Date()) }, picture: { codec: 'rawvideo', width: source.width, height: source.height, fps: source.fps } };
    default:
      return { input: source };
  }
}

function secondsOfDay(time: Date): number {
  return time.getHours() * 3_600 + time.getMinutes() * 60 + time.getSeconds() + time.getMilliseconds() / 1_000;
}
