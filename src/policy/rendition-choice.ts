import type { LiveLimits, LiveRequest } from './live-request.js';

/** One encoding of a stream. Two views that ask for the same share its encoder. */
export interface RenditionSettings {
  /** Exactly; even, and never larger than the source. */
  readonly width: number;
  readonly height: number;
  /** Pictures above this rate are left out; none are made up. */
  readonly fps: number;
  readonly bitrateKbps: number;
  readonly profile: 'baseline' | 'main' | 'high';
  readonly level: '3.1' | '3.2' | '4.0';
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Macroblocks a second that a level allows (ITU-T H.264 table A-1), lowest first. */
const levels = [
  { level: '3.1', macroblocksPerSecond: 108_000 },
  { level: '3.2', macroblocksPerSecond: 216_000 },
  { level: '4.0', macroblocksPerSecond: 245_760 },
] as const;

/** When a connection loses packets, a view gets this share of its bitrate, and the next smaller height. */
const lossStep = { bitrate: 0.6, heights: [1080, 720, 480, 360, 270, 180], leastKbps: 80 } as const;

/** What a view gets that cannot be copied: as large as asked, as the source has it and as the user allows, in the source's shape. */
export function chooseRendition(request: LiveRequest, source: Size, limits: LiveLimits): RenditionSettings {
  const { width, height } = fitInto(source, { width: atMost(request.width, limits.maxWidth), height: atMost(request.height, limits.maxHeight) });
  const fps = atMost(request.fps, limits.maxFps);
  return { width, height, fps, bitrateKbps: bitrateStep(atMost(request.bitrateKbps, limits.maxBitrate)), profile: request.profile, level: levelFor({ width, height }, fps, request.level) };
}

/** The same for the same encoding. */
export function renditionKey({ width, height, fps, bitrateKbps, profile, level }: RenditionSettings): string {
  return `${width}x${height}, ${fps} fps, ${bitrateKbps} kbit/s, ${profile} ${level}`;
}

/** In the shape of `source`, inside `box`, never larger than `source`; even, as 4:2:0 wants it. */
export function fitInto(source: Size, box: Size): Size {
  const scale = Math.min(1, box.width / source.width, box.height / source.height);
  return { width: even(source.width * scale), height: even(source.height * scale) };
}

/**
 * What a view asks for from now on, whose connection loses packets: less than it gets now. The same request where there is no less.
 * @param shown what it gets now.
 */
export function requestAfterLoss(request: LiveRequest, shown: { readonly height: number; readonly bitrateKbps: number }): LiveRequest {
  const bitrateKbps = Math.max(lossStep.leastKbps, Math.floor(Math.min(shown.bitrateKbps, request.copyUpToKbps ?? Infinity) * lossStep.bitrate));
  const height = lossStep.heights.find((each) => each < Math.min(shown.height, request.height)) ?? request.height;
  const width = even((request.width / request.height) * height);
  return { ...request, width, height, bitrateKbps: Math.min(request.bitrateKbps, bitrateKbps), copyUpToKbps: bitrateKbps };
}

/** Two significant digits, downwards: nearly equal requests share an encoder, and none gets more than it asked for. */
function bitrateStep(kbps: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(kbps)) - 1);
  return Math.floor(kbps / unit) * unit;
}

/** The asked level; a higher one where the size needs it. */
function levelFor({ width, height }: Size, fps: number, asked: RenditionSettings['level']): RenditionSettings['level'] {
  const needed = Math.ceil(width / 16) * Math.ceil(height / 16) * fps;
  const enough = levels.find(({ level, macroblocksPerSecond }) => level >= asked && macroblocksPerSecond >= needed);
  return enough?.level ?? '4.0';
}

function atMost(asked: number, limit: number | undefined): number {
  return Math.min(asked, limit ?? Infinity);
}

function even(pixels: number): number {
  return Math.max(2, Math.round(pixels / 2) * 2);
}
