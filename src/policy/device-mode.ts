/** One way of sending that a capture device offers, as far as FFmpeg can take it. */
export interface CaptureMode {
  /** 'h264' and 'mjpeg' as the device compresses them, else FFmpeg's name of its pixel format: 'yuyv422'. */
  readonly format: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Pictures a second that it can be set to; empty where that is not known. */
  readonly fps: readonly number[];
}

/** The way that a device is asked to send in. */
export interface DeviceMode extends Omit<CaptureMode, 'fps'> {
  readonly fps: number;
}

/** The options of a camera; undefined: no limit. */
export interface ModeLimits {
  readonly maxWidth?: number | undefined;
  readonly maxHeight?: number | undefined;
  readonly maxFps?: number | undefined;
}

export interface DeviceModeChoice {
  readonly mode: DeviceMode;
  readonly because: string;
}

/** Nothing larger is ever asked for by HomeKit, and nothing larger recorded. */
const largest = { width: 1920, height: 1080 } as const;
/** What HomeKit asks for, and what is asked for where nothing is known. */
const usualFps = 30;
/** 30.00003 is 30. */
const fpsTolerance = 1.01;
/** Below this a picture jerks: a smaller one is better. */
const usableFps = 15;
/** In bytes a second: what USB 2.0 carries of a camera. Most cameras of USB 3 compress, or say their rates. */
const usb2 = 24_500_000;

/** How a device compresses, the best first. */
const compressed: readonly string[] = ['h264', 'mjpeg'];

/** Pixel formats, and how many bytes a pixel takes; the best first: one half of the colours is left out anyway when it is encoded, and grey has none. */
const rawFormats = [
  { format: 'nv12', bytes: 1.5 },
  { format: 'yuv420p', bytes: 1.5 },
  { format: 'yuyv422', bytes: 2 },
  { format: 'uyvy422', bytes: 2 },
  { format: 'yuv422p', bytes: 2 },
  { format: 'bgr24', bytes: 3 },
  { format: 'rgb24', bytes: 3 },
  { format: 'bgr0', bytes: 4 },
  { format: '0rgb', bytes: 4 },
] as const;
const otherBytes = 2;

/** A mode at the rate that it would be asked for. */
interface Candidate extends DeviceMode {
  /** What will come at most, as far as that is known. */
  readonly likelyFps: number;
  readonly fits: boolean;
  readonly usable: boolean;
}

/**
 * How a device is asked to send: pictures that do not jerk before ones that do; its own H.264, which is copied, before everything else;
 * then the largest up to 1920x1080 and the options of the camera; JPEGs before uncompressed pictures of the same size.
 * @returns undefined where there is nothing to choose from. Pure.
 */
export function chooseDeviceMode(modes: readonly CaptureMode[], limits: ModeLimits = {}): DeviceModeChoice | undefined {
  const candidates = modes.filter(isPicture).map((mode) => candidate(mode, limits));
  const fitting = candidates.filter(({ fits }) => fits);
  const [best] = fitting.length > 0 ? fitting.toSorted(better) : candidates.toSorted((a, b) => pixels(a) - pixels(b) || better(a, b));
  if (!best) {
    return undefined;
  }
  const { format, width, height, fps } = best;
  return { mode: { format, width, height, fps }, because: [...whatItIs(best), ...whyNotLarger(best, fitting)].join(', ') };
}

/** What a sensor sends before its colours were worked out is no picture yet: as a Raspberry Pi's own camera, which is to be asked otherwise. */
function isPicture({ format }: CaptureMode): boolean {
  return !format.startsWith('bayer_');
}

function candidate(mode: CaptureMode, { maxWidth = Infinity, maxHeight = Infinity, maxFps = Infinity }: ModeLimits): Candidate {
  const { format, width, height } = mode;
  const mostFps = Math.min(usualFps, maxFps);
  const fps = nearestRate(mode.fps, mostFps) ?? mostFps;
  const likelyFps = mode.fps.length > 0 || compressed.includes(format) ? fps : Math.min(fps, usb2 / (pixels(mode) * bytesPerPixel(format)));
  return {
    format,
    width,
    height,
    fps,
    likelyFps,
    fits: width <= Math.min(largest.width, maxWidth) && height <= Math.min(largest.height, maxHeight),
    usable: likelyFps >= Math.min(usableFps, mostFps),
  };
}

/** The highest up to `most`, else the lowest above; undefined where none is known. */
function nearestRate(rates: readonly number[], most: number): number | undefined {
  const rising = rates.toSorted((a, b) => a - b);
  return rising.findLast((rate) => rate <= most * fpsTolerance) ?? rising[0];
}

/** Negative where `a` is to be preferred. */
function better(a: Candidate, b: Candidate): number {
  return (
    Number(b.usable) - Number(a.usable) ||
    Number(b.format === 'h264') - Number(a.format === 'h264') ||
    Number(isGrey(a)) - Number(isGrey(b)) ||
    pixels(b) - pixels(a) ||
    rank(a.format) - rank(b.format) ||
    b.likelyFps - a.likelyFps
  );
}

function whatItIs({ format }: Candidate): string[] {
  return format === 'h264' ? ['its own H.264, which is copied'] : [];
}

function whyNotLarger(best: Candidate, fitting: readonly Candidate[]): string[] {
  if (!best.fits) {
    return ['the smallest that it offers'];
  }
  const larger = fitting.filter((each) => pixels(each) > pixels(best) && !isGrey(each));
  return larger.length > 0 && best.usable && larger.every(({ usable }) => !usable) ? [`larger ones come slower than ${usableFps} times a second`] : larger.length === 0 ? ['the largest that fits'] : [];
}

function isGrey({ format }: Pick<CaptureMode, 'format'>): boolean {
  return format.startsWith('gray');
}

function rank(format: string): number {
  const order = [...compressed, ...rawFormats.map((raw) => raw.format)];
  const index = order.indexOf(format);
  return index < 0 ? order.length : index;
}

function bytesPerPixel(format: string): number {
  return rawFormats.find((raw) => raw.format === format)?.bytes ?? otherBytes;
}

function pixels({ width, height }: Pick<CaptureMode, 'width' | 'height'>): number {
  return width * height;
}
