import { Buffer } from 'node:buffer';
import { BitReader, rbspOf } from '../../../src/media/bit-reader.js';
import { BitWriter } from '../../unit/media/bit-writer.js';
import type { Footage, FootageUnit } from './footage.js';

/** What is wrong with the way in which a camera sends its picture. */
export interface SenderDefects {
  /** Of its RTP times, or of its rhythm. */
  readonly times?: TimeDefect;
  /** The rate that the session description tells; pictures come at their own. */
  readonly declaredFps?: number;
  /** All that belongs to a picture comes as one NAL unit, with start codes inside. */
  readonly startCodesInside?: boolean;
  /** In every nth picture some bytes are wrong. */
  readonly damagedEvery?: number;
  /** Each parameter set a second time, under a number that no picture uses (HEVC). */
  readonly spareParameterSets?: boolean;
  /** Each field of a picture has a time of its own (`form: 'fields'`). */
  readonly fieldsApart?: boolean;
}

/**
 * `still`: all pictures have one time. `slow`: time runs at 0.6 of its rate. `jumping`: an hour ahead in every other four seconds. `backwards`: every second the last half of it once more.
 * `pairs`: two pictures share a time. `uneven`: half of the pictures in a quarter of the time.
 */
export type TimeDefect = 'still' | 'slow' | 'jumping' | 'backwards' | 'pairs' | 'uneven';

/** When a picture is sent and which time it bears, in ticks of 90 kHz since the beginning of the loop. */
export interface PictureTimes {
  readonly dueTicks: number;
  readonly timestampTicks: number;
}

const second = 90_000;

/** @param loopTicks the length of the loop: whole seconds. */
export const timeDefects = {
  still: unchanged, // See `timeRates`.
  slow: unchanged,
  jumping: ({ dueTicks, timestampTicks }) => ({ dueTicks, timestampTicks: timestampTicks + (Math.floor(dueTicks / (4 * second)) % 2) * 3_600 * second }),
  backwards: ({ dueTicks, timestampTicks }) => ({ dueTicks, timestampTicks: timestampTicks - Math.floor(dueTicks / second) * (second / 2) }),
  pairs: ({ dueTicks, timestampTicks }) => ({ dueTicks, timestampTicks: timestampTicks - (timestampTicks % 6_000) }),
  uneven: ({ dueTicks, timestampTicks }, loopTicks) => ({ dueTicks: unevenly(dueTicks, loopTicks), timestampTicks: unevenly(timestampTicks, loopTicks) }),
} as const satisfies Readonly<Record<TimeDefect, (right: PictureTimes, loopTicks: number) => PictureTimes>>;

function unchanged(right: PictureTimes): PictureTimes {
  return right;
}

/** How fast RTP times run, where that is not right. */
export const timeRates: Readonly<Partial<Record<TimeDefect, number>>> = { still: 0, slow: 0.6 };

function unevenly(ticks: number, loopTicks: number): number {
  const half = loopTicks / 2;
  return Math.round(ticks < half ? ticks / 2 : loopTicks / 4 + (ticks - half) * 1.5);
}

/** The footage as it is sent with these defects. */
export function withDefects(footage: Footage, { startCodesInside = false, damagedEvery, spareParameterSets = false, fieldsApart = false }: SenderDefects): Footage {
  const { settings } = footage;
  const parameterSets = spareParameterSets ? withSpares(footage.parameterSets) : footage.parameterSets;
  const apart = fieldsApart ? footage.units.flatMap((unit) => inFields(unit, second / settings.fps)) : footage.units;
  const damaged = damagedEvery === undefined ? apart : apart.map((unit, index) => (index % damagedEvery === damagedEvery - 1 ? spoiled(unit) : unit));
  const units = startCodesInside ? damaged.map((unit) => ({ ...unit, nalUnits: [joined([...(unit.keyframe ? parameterSets : []), ...unit.nalUnits])] })) : damaged;
  return { ...footage, parameterSets, units };
}

const startCode = Uint8Array.of(0, 0, 0, 1);

function joined(nalUnits: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(nalUnits.flatMap((nalUnit, index) => (index === 0 ? [nalUnit] : [startCode, nalUnit])));
}

function inFields(unit: FootageUnit, ticks: number): FootageUnit[] {
  return unit.nalUnits.map((nalUnit, index) => {
    const later = (index * ticks) / unit.nalUnits.length;
    return { ...unit, nalUnits: [nalUnit], keyframe: unit.keyframe && index === 0, pts90k: unit.pts90k + later, dts90k: unit.dts90k + later };
  });
}

/** A stretch in the middle of its largest NAL unit. */
function spoiled(unit: FootageUnit): FootageUnit {
  const largest = Math.max(...unit.nalUnits.map(({ length }) => length));
  return {
    ...unit,
    nalUnits: unit.nalUnits.map((nalUnit) => (nalUnit.length === largest ? nalUnit.map((byte, index) => (index > largest / 2 && index < largest / 2 + 40 ? (byte ^ 0xa5) | 4 : byte)) : nalUnit)),
  };
}

/** VPS 0 as VPS 1, SPS 0 as SPS 1 of it, PPS 0 as PPS 1 of SPS 1 (ITU-T H.265 7.3.2). */
function withSpares(sets: readonly Uint8Array[]): Uint8Array[] {
  return sets.flatMap((set) => {
    const type = ((set[0] ?? 0) >> 1) & 0x3f;
    const spare = spareOf[type]?.(set);
    return spare ? [set, spare] : [set];
  });
}

const spareOf: Readonly<Record<number, (set: Uint8Array) => Uint8Array>> = {
  32: (set) => renumbered(set, [{ bits: 4, becomes: (out) => out.u(4, 1) }]),
  // sps_video_parameter_set_id, then 4 bits and profile_tier_level of one layer (96 bits), then the number.
  33: (set) => renumbered(set, [{ bits: 4, becomes: (out) => out.u(4, 1) }, { bits: 100 }, { bits: 1, becomes: (out) => out.ue(1) }]),
  34: (set) => renumbered(set, [{ bits: 2, becomes: (out) => out.ue(1, 1) }]),
};

interface Part {
  readonly bits: number;
  /** Written instead; undefined: they stay. */
  readonly becomes?: (out: BitWriter) => unknown;
}

function renumbered(set: Uint8Array, parts: readonly Part[]): Uint8Array {
  const rbsp = rbspOf(set, 2);
  const out = new BitWriter();
  const reader = new BitReader(rbsp);
  let left = bitsBeforeStop(rbsp);
  for (const { bits, becomes } of parts) {
    left -= bits;
    if (becomes) {
      reader.skip(bits);
      becomes(out);
    } else {
      copyBits(reader, out, bits);
    }
  }
  copyBits(reader, out, left);
  return out.toNal(set[0] ?? 0, set[1] ?? 0);
}

function copyBits(from: BitReader, to: BitWriter, count: number): void {
  for (let bit = 0; bit < count; bit += 1) {
    to.u(1, from.u(1));
  }
}

/** 7.3.2.11: the last bit that is set is the stop bit. */
function bitsBeforeStop(rbsp: Uint8Array): number {
  const last = rbsp.findLastIndex((byte) => byte !== 0);
  const trailing = Math.log2((rbsp[last] ?? 0) & -(rbsp[last] ?? 0));
  return last * 8 + 7 - trailing;
}
