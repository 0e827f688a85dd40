import { atMostFps, singleField } from '../arguments.js';
import type { DeviceScaler } from './presets.js';
import type { HardwareUse, RecordingConversionRequest, SourceVideo } from './requests.js';

/** Filter chains between a decoder and what its pictures are for. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which pictures pass. */
export interface Picked {
  readonly maxFps?: number | undefined;
  /** Pictures from this time on; those before are decoded for their sake. */
  readonly fromSeconds?: number | undefined;
  /** As `fromSeconds`, but the first picture passes: something to show at once. */
  readonly pastSeconds?: number | undefined;
  readonly keyframesOnly?: boolean | undefined;
}

/** The missing lines of each field are made up from the pictures before and after. What is flagged as progressive passes untouched. */
export const deinterlaced = 'yadif=deint=interlaced';

/** Left out, scaled and made 8 bits on the device where it can, then brought to memory as limited range; a pixel format is to follow. */
export function toMemory(use: HardwareUse, source: SourceVideo, size: Size, picked: Picked): string[] {
  return [...deinterlacing(source, picked), ...picking(picked), ...onDevice(use, source, size), ...download(use, source), scaledInMemory(use, source, size), 'setsar=1'];
}

/** Left out, scaled and made 8 bits on the device, where the pictures stay. Only where `staysOnDevice`. */
export function toSurface(use: HardwareUse, source: SourceVideo, size: Size, picked: Picked): string[] {
  return [...picking(picked), ...onDevice(use, source, size), 'setsar=1', 'setparams=range=tv'];
}

/**
 * Whether a recording's pictures need not leave the device. They do for what its filters cannot do in every FFmpeg from 5.0 on: bars
 * (their filters are new), limited range of full range, and with some 8 bits of 10.
 */
export function staysOnDevice(decode: HardwareUse, encode: HardwareUse, request: RecordingConversionRequest): boolean {
  const { sourceBitDepth, sourceFullRange, width, height } = request;
  const scaler = usableScaler(decode);
  const fitted = fitInto(request, { width, height });
  return (
    decode.preset === encode.preset &&
    encode.preset.encoding.takesSurfaces &&
    scaler !== undefined &&
    (scaler.format !== undefined || sourceBitDepth !== 10) &&
    sourceFullRange !== true &&
    fitted.width === width &&
    fitted.height === height
  );
}

/** The largest even size of the source's shape in the box, also where that is larger than the source. */
export function fitInto({ sourceWidth, sourceHeight }: Pick<SourceVideo, 'sourceWidth' | 'sourceHeight'>, box: Size): Size {
  const scale = Math.min(box.width / sourceWidth, box.height / sourceHeight);
  const even = (length: number, most: number): number => Math.max(2, Math.min(most, Math.round((length * scale) / 2) * 2));
  return { width: even(sourceWidth, box.width), height: even(sourceHeight, box.height) };
}

/** Before any picture is left out. */
function deinterlacing({ sourceInterlaced = false }: SourceVideo, { keyframesOnly = false }: Picked): readonly string[] {
  return sourceInterlaced ? (keyframesOnly ? singleField : [deinterlaced]) : [];
}

function picking({ maxFps, fromSeconds, pastSeconds }: Picked): string[] {
  const wanted = pastSeconds !== undefined ? `(eq(n,0)+gte(t,${pastSeconds}))` : fromSeconds !== undefined && fromSeconds > 0 ? `gte(t,${fromSeconds})` : undefined;
  if (maxFps === undefined) {
    return wanted === undefined ? [] : [`select='${wanted}'`];
  }
  return [atMostFps(maxFps, wanted)];
}

/** The scaler runs where nothing is to be scaled too: it makes 8 bits of 10, and otherwise does nothing. */
function onDevice(use: HardwareUse, source: SourceVideo, size: Size): string[] {
  const { surface, first } = use.preset.decoding;
  const scaler = usableScaler(use);
  if (surface === undefined) {
    return [];
  }
  const values = scaler && [
    ...(isSize(source, size) ? [] : [`w=${size.width}`, `h=${size.height}`]),
    ...(scaler.format === undefined ? [] : [`format=${scaler.format}`]),
    ...(scaler.options ?? []),
  ];
  return [...(first ?? []), ...(scaler && values && values.length > 0 ? [`${scaler.filter}=${values.join(':')}`] : [])];
}

function download(use: HardwareUse, { sourceBitDepth }: SourceVideo): string[] {
  if (use.preset.decoding.surface === undefined) {
    return [];
  }
  return ['hwdownload', `format=${usableScaler(use)?.format ?? (sourceBitDepth === 10 ? 'p010le' : 'nv12')}`];
}

/** Full range becomes limited; the rest passes untouched where the device has scaled it already. */
function scaledInMemory(use: HardwareUse, source: SourceVideo, { width, height }: Size): string {
  return usableScaler(use) || isSize(source, { width, height }) ? 'scale=out_range=tv' : `scale=w=${width}:h=${height}:out_range=tv`;
}

function usableScaler({ preset: { decoding }, ffmpeg }: HardwareUse): DeviceScaler | undefined {
  const { scaler } = decoding;
  return scaler && ffmpeg.libavutilMajor >= (scaler.sinceLibavutil ?? 0) ? scaler : undefined;
}

function isSize({ sourceWidth, sourceHeight }: SourceVideo, { width, height }: Size): boolean {
  return width === sourceWidth && height === sourceHeight;
}
