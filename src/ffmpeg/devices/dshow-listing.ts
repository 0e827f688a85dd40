import type { CaptureMode } from '../../policy/device-mode.js';
import type { FoundDevice } from './capture-device.js';
import { mergeModes, ratesWithin, sizesWithin } from './usual-modes.js';

/** What FFmpeg prints about the cameras of Windows, read. Pure. */

/** `[dshow @ 0000] "Integrated Camera" (video)`; before 5.0 without what it is, below a heading. */
const deviceLine = /^\[[^\]]*\] +"(.*)"(?: \(([^)]*)\))?$/;
/** `[dshow @ 0000]   Alternative name "@device_pnp_\\?\usb#vid_046d..."`: of the device in the line before. */
const alternativeLine = /^\[[^\]]*\] +Alternative name "(.*)"$/;
const heading = /DirectShow (video|audio) devices/;
/** `  vcodec=mjpeg  min s=640x480 fps=5 max s=640x480 fps=30`; colours may follow. */
const modeLine = /(?:vcodec|pixel_format)=(\w+) +min s=(\d+)x(\d+) fps=([\d.e+]+) max s=(\d+)x(\d+) fps=([\d.e+]+)/g;

/** The alternative name is opened: a name may be there twice, and FFmpeg ends one at a colon. */
export function parseDshowDevices(said: string): FoundDevice[] {
  const devices: { readonly name: string; readonly video: boolean; path: string }[] = [];
  let below = '';
  for (const line of said.split('\n')) {
    const [, alternative] = alternativeLine.exec(line) ?? [];
    const [, name, kinds] = deviceLine.exec(line) ?? [];
    const last = devices.at(-1);
    if (alternative !== undefined && last) {
      last.path = alternative;
    } else if (name !== undefined) {
      devices.push({ name, video: (kinds ?? below).includes('video'), path: name });
    }
    below = heading.exec(line)?.[1] ?? below;
  }
  const cameras = devices.filter(({ video }) => video);
  const isAlone = (name: string): boolean => cameras.filter((each) => each.name === name).length === 1;
  return cameras.map(({ name, path }) => ({ name, source: isAlone(name) ? name : path, path, links: [], first: true }));
}

export function parseDshowModes(said: string): CaptureMode[] {
  const modes = Array.from(said.matchAll(modeLine), ([, format = '', leastWidth, leastHeight, leastFps, mostWidth, mostHeight, mostFps]) => {
    const range = { least: { width: Number(leastWidth), height: Number(leastHeight) }, most: { width: Number(mostWidth), height: Number(mostHeight) } };
    return sizesWithin(range).map((size) => ({ format, ...size, fps: ratesWithin(Number(leastFps), Number(mostFps)) }));
  });
  return mergeModes(modes.flat());
}
