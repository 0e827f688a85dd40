import type { VideoCodec } from '../media/access-unit.js';
import { codecName } from './codec-names.js';
import { isTurned, type PictureTurn } from './picture-turn.js';

/**
 * How a connection takes a camera's picture: copied wherever that can be, encoded at the ingest where nobody could read it otherwise,
 * or where it is to be turned. What a camera sends is found out by trying and remembered. Pure.
 */

/** What a source sends. */
export interface SeenPicture {
  /** As FFmpeg names it: 'h264', 'mjpeg', 'rawvideo'. */
  readonly codec: string;
  /** As shown, in pixels. */
  readonly width: number;
  readonly height: number;
  /** As declared; undefined where nothing is. */
  readonly fps?: number | undefined;
  /** As FFmpeg names it: 'yuvj422p'; undefined where it is not known. */
  readonly pixelFormat?: string | undefined;
  /** Whether its pictures are of two fields; undefined where it does not say so. */
  readonly interlaced?: boolean | undefined;
  /** In which of several inputs it is, counted from 0; undefined: in the first. */
  readonly input?: number | undefined;
}

/** What is known of how a source is to be taken. */
export interface PictureKnowledge {
  /** What it sends, where it was looked at. */
  readonly seen?: SeenPicture | undefined;
  /** Copied it could not be read, so that it is to be looked at. */
  readonly uncopyable: boolean;
  /** Its parameter sets come late: FFmpeg waits longer for them. */
  readonly patient: boolean;
  /** 'arrival': its pictures have no times, or useless ones. */
  readonly times: 'camera' | 'arrival';
  /** It does not travel as was asked for: over the other of TCP and UDP it may. */
  readonly refusesTransport?: boolean;
  /** Connections in a row that ended soon, as time stood still in them. */
  readonly standstills: number;
  /** Since when its pictures have those of arrival, on the clock of 'connecting'. */
  readonly arrivalSinceMs?: number | undefined;
}

export const firstPictureKnowledge: PictureKnowledge = { uncopyable: false, patient: false, times: 'camera', standstills: 0 };

/**
 * A camera whose clock is set, as after its start, has right times in the next connection. Where time stands still in so many in a row, each
 * after at most so long, its times are of no use: those at which its pictures come are better. A connection without that is not between them;
 * one that was shorter than `provenMs` tells nothing. Cameras get updates, and rates are set anew: their own times, which do not stutter as the
 * network does, are tried again after some hours.
 */
const useless = { standstills: 2, withinMs: 600_000, provenMs: 10_000, triedAgainAfterMs: 6 * 3_600_000 } as const;

/**
 * What was seen of a camera is looked at anew after a connection that lasted so long: people take minutes to set it to another codec or size, and
 * one that is lost every few seconds is not to be connected to twice each time.
 */
const goodForMs = 180_000;

/** Why a connection could not read the picture: 'codec': it cannot be copied; 'place': the first input has none; 'parameters': none came in time; 'times': it has none, or they run at a wrong rate; 'transport': it does not travel so. */
export type PictureTrouble = 'codec' | 'place' | 'parameters' | 'times' | 'transport';

export type PictureEvent =
  /** On a monotonic clock. */
  | { readonly kind: 'connecting'; readonly atMs: number }
  | { readonly kind: 'seen'; readonly picture: SeenPicture }
  | { readonly kind: 'trouble'; readonly trouble: PictureTrouble }
  /** A connection ended before its first picture, for a reason that what was seen may have to do with. */
  | { readonly kind: 'failed' }
  /** A connection with pictures ended. `stoodStill`: because their times did. */
  | { readonly kind: 'worked'; readonly forMs: number; readonly stoodStill: boolean };

export type PictureChoice =
  | { readonly mode: 'copy'; readonly because: string }
  | { readonly mode: 'encode'; readonly seen: SeenPicture; readonly because: string }
  /** What it sends must be known first. */
  | { readonly mode: 'look'; readonly because: string };

/** What is copied into the ring. */
const copied: readonly string[] = ['h264', 'hevc'] satisfies readonly VideoCodec[];

/** @returns what is known after this. */
export function pictureAfter(known: PictureKnowledge, event: PictureEvent): PictureKnowledge {
  switch (event.kind) {
    case 'connecting':
      return known.times === 'arrival' ? rememberingArrival(known, event.atMs) : known;
    case 'seen':
      return { ...known, seen: event.picture };
    case 'failed':
      return { ...known, seen: undefined };
    case 'worked': {
      const inRow = event.forMs > useless.withinMs || (!event.stoodStill && event.forMs >= useless.provenMs) ? 0 : known.standstills;
      const standstills = inRow + Number(event.stoodStill);
      const seen = event.forMs > goodForMs ? undefined : known.seen;
      return { ...known, seen, standstills, times: standstills >= useless.standstills ? 'arrival' : known.times };
    }
    case 'trouble':
      return { ...known, ...afterTrouble[event.trouble] };
  }
}

function rememberingArrival(known: PictureKnowledge, nowMs: number): PictureKnowledge {
  const { arrivalSinceMs = nowMs } = known;
  return nowMs - arrivalSinceMs > useless.triedAgainAfterMs ? { ...known, times: 'camera', standstills: 0, arrivalSinceMs: undefined } : { ...known, arrivalSinceMs };
}

const afterTrouble = {
  codec: { uncopyable: true, seen: undefined },
  place: { uncopyable: true, seen: undefined },
  parameters: { patient: true },
  times: { times: 'arrival' },
  transport: { refusesTransport: true },
} as const satisfies Record<PictureTrouble, Partial<PictureKnowledge>>;

export function choosePicture({ seen, uncopyable }: PictureKnowledge, turn: PictureTurn): PictureChoice {
  if (!seen) {
    return uncopyable || isTurned(turn) ? { mode: 'look', because: 'what the camera sends must be known first' } : { mode: 'copy', because: 'cameras usually send H.264 or HEVC' };
  }
  if (!copied.includes(seen.codec)) {
    return { mode: 'encode', seen, because: `the camera sends ${codecName(seen.codec)}` };
  }
  return isTurned(turn) ? { mode: 'encode', seen, because: 'the picture is to be turned, mirrored or cropped' } : { mode: 'copy', because: 'the camera sends what is kept as it is' };
}
