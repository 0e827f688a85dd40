import type { CaptureMode } from '../../policy/device-mode.js';
import type { FoundDevice } from './capture-device.js';
import { mergeModes } from './usual-modes.js';

/** What FFmpeg prints about the cameras of macOS, read. Pure. */

/** `[AVFoundation indev @ 0x7f8] [0] FaceTime HD Camera`, below a line for pictures and one for sound. */
const deviceLine = /^\[[^\]]*\] \[(\d+)\] (.*)$/;
const videoHeading = 'AVFoundation video devices:';
const audioHeading = 'AVFoundation audio devices:';
/** No camera, and macOS would ask for another permission. */
const screen = /^Capture screen \d+$/;
/** `[avfoundation @ 0x7f8]   1280x720@[1.000000 30.000000]fps` */
const modeLine = /\s(\d+)x(\d+)@\[[\d.]+ ([\d.]+)\]fps/g;

/** What macOS makes of any camera's pictures; with less memory to move than the others, and no more than an encoder takes. */
const pixelFormat = 'nv12';

export function parseAvfoundationDevices(said: string): FoundDevice[] {
  const lines = said.split('\n');
  const from = lines.findIndex((line) => line.includes(videoHeading)) + 1;
  const to = lines.findIndex((line) => line.includes(audioHeading));
  const numbered = lines.slice(from, to < 0 ? undefined : to).flatMap((line) => {
    const [, number, name = ''] = deviceLine.exec(line) ?? [];
    return number === undefined ? [] : [{ number, name: name.trim() }];
  });
  const names = numbered.map(({ name }) => name);
  return numbered.filter(({ name }) => !screen.test(name)).map(({ number, name }) => ({ name, source: name, path: isOpenedByName(name, names) ? name : number, links: [], first: true }));
}

/** FFmpeg ends a name at a colon, takes leading digits for a number, and the first device that begins as written. */
function isOpenedByName(name: string, names: readonly string[]): boolean {
  return !name.includes(':') && !/^\s*[+-]?\d/.test(name) && names.filter((each) => each.startsWith(name)).length === 1;
}

/** Of its complaint about a size that no camera has. It accepts the highest rate of each range only. */
export function parseAvfoundationModes(said: string): CaptureMode[] {
  return mergeModes(Array.from(said.matchAll(modeLine), ([, width, height, most]) => ({ format: pixelFormat, width: Number(width), height: Number(height), fps: [Number(most)] })));
}
