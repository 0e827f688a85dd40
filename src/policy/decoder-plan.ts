import { fitInto } from './rendition-choice.js';

/** What somebody needs of a stream's decoded pictures. */
export interface FrameNeed {
  /** The box that the picture is to fit into, in pixels. */
  readonly width: number;
  readonly height: number;
  /** More pictures a second are of no use; undefined: all that come. */
  readonly maxFps?: number | undefined;
  /** Keyframes are enough. */
  readonly keyframesOnly?: boolean | undefined;
}

/** What the decoder of a stream does for all who need pictures. */
export interface DecoderPlan {
  /** Of the pictures that come out: in the source's shape, even, never larger than the source. */
  readonly width: number;
  readonly height: number;
  /** Undefined: all pictures. */
  readonly maxFps: number | undefined;
  readonly mode: 'full' | 'keyframes';
}

/** The largest size and the highest rate that anyone needs. Undefined where nobody needs anything. */
export function planDecoder(needs: readonly FrameNeed[], source: { readonly width: number; readonly height: number }): DecoderPlan | undefined {
  const sizes = needs.map((need) => fitInto(source, need)).sort((a, b) => b.width - a.width || b.height - a.height);
  const largest = sizes[0];
  if (!largest) {
    return undefined;
  }
  const rates = needs.map(({ maxFps }) => maxFps);
  return {
    ...largest,
    maxFps: rates.includes(undefined) ? undefined : Math.max(...rates.map((rate) => rate ?? 0)),
    mode: needs.every(({ keyframesOnly }) => keyframesOnly === true) ? 'keyframes' : 'full',
  };
}

/** Whether a decoder with the one plan gives all that the other asks for. */
export function covers(running: DecoderPlan, wanted: DecoderPlan): boolean {
  const fastEnough = running.maxFps === undefined || (wanted.maxFps !== undefined && wanted.maxFps <= running.maxFps);
  return running.width >= wanted.width && running.height >= wanted.height && fastEnough && (running.mode === 'full' || wanted.mode === 'keyframes');
}

/** '1280x720, 30 fps', for the log and the status. */
export function describePlan({ width, height, maxFps, mode }: DecoderPlan): string {
  return `${width}x${height}, ${mode === 'keyframes' ? 'keyframes only' : maxFps === undefined ? 'all pictures' : `${maxFps} fps`}`;
}
