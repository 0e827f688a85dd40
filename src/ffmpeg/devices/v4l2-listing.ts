import type { CaptureMode } from '../../policy/device-mode.js';
import { mergeModes, ratesWithin, sizesWithin, type SizeRange } from './usual-modes.js';

/** What is printed about a V4L2 device, read. Pure. */

/** `[video4linux2,v4l2 @ 0x55d0] Compressed:       mjpeg :          Motion-JPEG : 1920x1080 1280x720`; raw Bayer, and what FFmpeg does not know, are "Unsupported". */
const formatLine = /(?:Raw {7}|Compressed): *(\S+) : .* : *((?:\d+x\d+|\{[^}]*\}x\{[^}]*\}| )+)$/gm;
/** ` {32-2592, 2}x{32-1944, 2}`: from, to, and in what steps. */
const sizeText = /\{(\d+)-(\d+), *\d+\}x\{(\d+)-(\d+), *\d+\}|(\d+)x(\d+)/g;

/** Of FFmpeg's `-list_formats all`: rates are not in it. */
export function parseV4l2Formats(said: string): CaptureMode[] {
  const modes = Array.from(said.matchAll(formatLine), ([, format = '', sizes = '']) =>
    format === 'Unsupported' ? [] : Array.from(sizes.matchAll(sizeText), (match) => sizesWithin(sizeRange(match)).map((size) => ({ format, ...size, fps: [] }))).flat(),
  );
  return mergeModes(modes.flat());
}

function sizeRange([, leastWidth, mostWidth, leastHeight, mostHeight, width, height]: RegExpMatchArray): SizeRange {
  const least = { width: Number(leastWidth ?? width), height: Number(leastHeight ?? height) };
  return { least, most: { width: Number(mostWidth ?? width), height: Number(mostHeight ?? height) } };
}

/** V4L2's four characters and FFmpeg's names of the same, as its v4l2-common.c has them. */
const fourCcs: Readonly<Record<string, string>> = {
  H264: 'h264',
  MJPG: 'mjpeg',
  JPEG: 'mjpeg',
  YUYV: 'yuyv422',
  UYVY: 'uyvy422',
  YU12: 'yuv420p',
  YV12: 'yuv420p',
  NV12: 'nv12',
  '422P': 'yuv422p',
  RGB3: 'rgb24',
  BGR3: 'bgr24',
  BGR4: 'bgr0',
  RGB4: '0rgb',
  GREY: 'gray',
};

/** `[0]: 'MJPG' (Motion-JPEG, compressed)`, of older ones `Pixel Format: 'MJPG' (compressed)`. */
const ctlFormat = /^\s*(?:\[\d+\]:|Pixel Format:)\s*'(.{4})'/;
/** `Size: Discrete 1280x720`, `Size: Stepwise 32x32 - 2592x1944 with step 2/2`. */
const ctlSize = /^\s*Size: \w+ (\d+)x(\d+)(?: - (\d+)x(\d+))?/;
/** `Interval: Discrete 0.033s (30.000 fps)`, `Interval: Continuous 0.011s - 1.000s (1.000-90.000 fps)`. */
const ctlInterval = /^\s*Interval: .*\((?:([\d.]+)-)?([\d.]+) fps\)/;

/** Of `v4l2-ctl --list-formats-ext`. */
export function parseV4l2Ctl(printed: string): CaptureMode[] {
  const modes: CaptureMode[] = [];
  let format: string | undefined;
  let sizes: readonly Pick<CaptureMode, 'width' | 'height'>[] = [];
  for (const line of printed.split('\n')) {
    const [, fourCc] = ctlFormat.exec(line) ?? [];
    const [, width, height, mostWidth = width, mostHeight = height] = ctlSize.exec(line) ?? [];
    const [, least, most] = ctlInterval.exec(line) ?? [];
    if (fourCc !== undefined) {
      format = fourCcs[fourCc];
      sizes = [];
    } else if (width !== undefined) {
      sizes = sizesWithin({ least: { width: Number(width), height: Number(height) }, most: { width: Number(mostWidth), height: Number(mostHeight) } });
    }
    if (format !== undefined && (width !== undefined || most !== undefined)) {
      const fps = most === undefined ? [] : ratesWithin(Number(least ?? most), Number(most));
      modes.push(...sizes.map((size) => ({ format: format ?? '', ...size, fps })));
    }
  }
  return mergeModes(modes);
}

/** What FFmpeg can take, with the rates that are known of it. */
export function withRates(modes: readonly CaptureMode[], rated: readonly CaptureMode[]): CaptureMode[] {
  return modes.map((mode) => {
    const same = rated.find(({ format, width, height }) => format === mode.format && width === mode.width && height === mode.height);
    return { ...mode, fps: same?.fps ?? mode.fps };
  });
}
