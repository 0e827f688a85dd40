import { BitReader, rbspOf } from './bit-reader.js';
import { FormatError } from './format-error.js';

/** What an SPS says about the pictures (ITU-T H.264 7.3.2.1.1 and annex E; H.265 7.3.2.2). */
export interface SpsFacts {
  /** seq_parameter_set_id. */
  readonly id: number;
  /** As shown, after cropping, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly profile: string;
  readonly level: string;
  /** See `VideoFormat.reorders`. */
  readonly reorders: boolean | undefined;
  readonly fullRange: boolean;
  /** chroma_format_idc: 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Pictures a second as declared, which need not be so; undefined where nothing is. */
  readonly fps: number | undefined;
}

/** What the SPS of H.264 says besides. */
export interface H264SpsFacts extends SpsFacts {
  /** frame_mbs_only_flag is 0: pictures may be sent as two fields. Some encoders say so of pictures that never are. */
  readonly mayBeFields: boolean;
  /** mb_adaptive_frame_field_flag: parts of a picture may be sent as fields. */
  readonly fieldsInside: boolean;
  /** Bits of frame_num in slice headers. */
  readonly frameNumBits: number;
  /** separate_colour_plane_flag: slice headers tell their plane. */
  readonly separatePlanes: boolean;
}

/** Profiles whose SPS tells chroma format, bit depths and scaling lists (7.3.2.1.1). */
export const h264ProfilesWithChroma: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

const profileNames: Readonly<Record<number, string>> = {
  44: 'CAVLC 4:4:4 Intra',
  66: 'Baseline',
  77: 'Main',
  83: 'Scalable Baseline',
  86: 'Scalable High',
  88: 'Extended',
  100: 'High',
  110: 'High 10',
  118: 'Multiview High',
  122: 'High 4:2:2',
  128: 'Stereo High',
  244: 'High 4:4:4 Predictive',
};

/** No level allows more (table A-1, level 6.2: 139,264 macroblocks, at most sqrt(8 x that) to a side). */
const maxSideMacroblocks = 1055;

/** Reads an SPS NAL unit, header included. Throws `FormatError` where it is damaged; a damaged VUI only leaves its facts unknown. */
export function parseH264Sps(nal: Uint8Array): H264SpsFacts {
  const bits = new BitReader(rbspOf(nal, 1));
  const profileIdc = bits.u(8);
  const constraints = bits.u(8);
  const levelIdc = bits.u(8);
  const id = atMost(bits.ue(), 31, 'seq_parameter_set_id');
  const chroma = h264ProfilesWithChroma.has(profileIdc) ? readChroma(bits) : { format: 1, separatePlanes: false, luma: 8, chroma: 8 };
  const frameNumBits = atMost(bits.ue(), 12, 'log2_max_frame_num_minus4') + 4;
  const pocType = atMost(bits.ue(), 2, 'pic_order_cnt_type');
  skipPictureOrderCount(bits, pocType);
  bits.ue(); // max_num_ref_frames
  bits.skip(1); // gaps_in_frame_num_value_allowed_flag
  const widthInMbs = atMost(bits.ue(), maxSideMacroblocks, 'pic_width_in_mbs_minus1') + 1;
  const heightInMapUnits = atMost(bits.ue(), maxSideMacroblocks, 'pic_height_in_map_units_minus1') + 1;
  const framesOnly = bits.flag();
  const fieldsInside = !framesOnly && bits.flag();
  bits.skip(1); // direct_8x8_inference_flag
  const crop = bits.flag() ? { left: bits.ue(), right: bits.ue(), top: bits.ue(), bottom: bits.ue() } : { left: 0, right: 0, top: 0, bottom: 0 };
  const cropUnitX = chroma.format === 1 || chroma.format === 2 ? 2 : 1;
  const cropUnitY = (chroma.format === 1 ? 2 : 1) * (framesOnly ? 1 : 2);
  const width = widthInMbs * 16 - (crop.left + crop.right) * cropUnitX;
  const height = heightInMapUnits * (framesOnly ? 16 : 32) - (crop.top + crop.bottom) * cropUnitY;
  if (width <= 0 || height <= 0) {
    throw new FormatError('SPS crops the whole picture away');
  }
  const vui = bits.flag() ? readVui(bits) : noVui;
  const never = profileIdc === 66 || pocType === 2 || excludesReordering(profileIdc, constraints);
  return {
    id,
    width,
    height,
    profile: profileName(profileIdc, constraints),
    level: levelName(profileIdc, constraints, levelIdc),
    reorders: never ? false : vui.reorderFrames === undefined ? undefined : vui.reorderFrames > 0,
    fullRange: vui.fullRange,
    chromaFormat: chroma.format,
    bitDepthLuma: chroma.luma,
    bitDepthChroma: chroma.chroma,
    fps: vui.fps,
    mayBeFields: !framesOnly,
    fieldsInside,
    frameNumBits,
    separatePlanes: chroma.separatePlanes,
  };
}

function atMost(value: number, limit: number, name: string): number {
  if (value > limit) {
    throw new FormatError(`${name} is ${value}, more than ${limit}`);
  }
  return value;
}

function readChroma(bits: BitReader): { format: number; separatePlanes: boolean; luma: number; chroma: number } {
  const format = atMost(bits.ue(), 3, 'chroma_format_idc');
  const separatePlanes = format === 3 && bits.flag();
  const luma = atMost(bits.ue(), 6, 'bit_depth_luma_minus8') + 8;
  const chroma = atMost(bits.ue(), 6, 'bit_depth_chroma_minus8') + 8;
  bits.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) {
    for (let list = 0; list < (format === 3 ? 12 : 8); list++) {
      if (bits.flag()) {
        skipScalingList(bits, list < 6 ? 16 : 64);
      }
    }
  }
  return { format, separatePlanes, luma, chroma };
}

/** 7.3.2.1.1.1. */
function skipScalingList(bits: BitReader, size: number): void {
  let next = 8;
  for (let index = 0, last = 8; index < size && next !== 0; index++) {
    next = (last + bits.se() + 256) & 0xff;
    last = next === 0 ? last : next;
  }
}

function skipPictureOrderCount(bits: BitReader, type: number): void {
  if (type === 0) {
    atMost(bits.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4');
  } else if (type === 1) {
    bits.skip(1);
    bits.se();
    bits.se();
    for (let left = atMost(bits.ue(), 255, 'num_ref_frames_in_pic_order_cnt_cycle'); left > 0; left--) {
      bits.se();
    }
  }
}

/** Intra profiles (constraint_set3_flag), and Main and High without B slices (constraint_set5_flag, 7.4.2.1.1). */
function excludesReordering(profileIdc: number, constraints: number): boolean {
  const intra = profileIdc === 44 || ([86, 100, 110, 122, 244].includes(profileIdc) && (constraints & 0x10) !== 0);
  return intra || ([77, 100].includes(profileIdc) && (constraints & 0x04) !== 0);
}

function profileName(profileIdc: number, constraints: number): string {
  const name = profileNames[profileIdc] ?? `profile ${profileIdc}`;
  if (profileIdc === 66 && (constraints & 0x40) !== 0) {
    return 'Constrained Baseline';
  }
  return [110, 122, 244].includes(profileIdc) && (constraints & 0x10) !== 0 ? `${name.replace(' Predictive', '')} Intra` : name;
}

/** Annex A.3: level 1b is level_idc 9, in the old profiles 11 with constraint_set3_flag. */
function levelName(profileIdc: number, constraints: number, levelIdc: number): string {
  const is1b = levelIdc === 9 || (levelIdc === 11 && [66, 77, 88].includes(profileIdc) && (constraints & 0x10) !== 0);
  return is1b ? '1b' : (levelIdc / 10).toFixed(1);
}

interface VuiFacts {
  fullRange: boolean;
  reorderFrames: number | undefined;
  fps: number | undefined;
}

const noVui: Readonly<VuiFacts> = { fullRange: false, reorderFrames: undefined, fps: undefined };

/** Annex E.1.1. Cameras cut their VUI short or fill it wrongly, and their pictures are fine all the same: what was read until then counts. */
function readVui(bits: BitReader): VuiFacts {
  const facts: VuiFacts = { ...noVui };
  try {
    fillVui(bits, facts);
  } catch (error) {
    if (!(error instanceof FormatError)) {
      throw error;
    }
  }
  return facts;
}

function fillVui(bits: BitReader, facts: VuiFacts): void {
  skipAspectRatioAndOverscan(bits);
  if (bits.flag()) {
    bits.skip(3); // video_format
    facts.fullRange = bits.flag();
    skipIf(bits, 24); // colour_description
  }
  if (bits.flag()) {
    bits.ue(); // chroma_sample_loc_type_top_field
    bits.ue();
  }
  if (bits.flag()) {
    const ticks = readTicks(bits);
    facts.fps = ticks === undefined ? undefined : ticks / 2; // A tick is a field.
    bits.skip(1); // fixed_frame_rate_flag
  }
  const nalHrd = bits.flag();
  if (nalHrd) {
    skipHrd(bits);
  }
  const vclHrd = bits.flag();
  if (vclHrd) {
    skipHrd(bits);
  }
  bits.skip(nalHrd || vclHrd ? 2 : 1); // low_delay_hrd_flag, pic_struct_present_flag
  if (bits.flag()) {
    bits.skip(1); // motion_vectors_over_pic_boundaries_flag
    for (let field = 0; field < 4; field++) {
      bits.ue();
    }
    const reorderFrames = bits.ue();
    bits.ue(); // max_dec_frame_buffering
    facts.reorderFrames = reorderFrames;
  }
}

/** The beginning that the VUI of H.264 and HEVC share. */
export function skipAspectRatioAndOverscan(bits: BitReader): void {
  if (bits.flag() && bits.u(8) === 255) {
    bits.skip(32); // sar_width, sar_height
  }
  skipIf(bits, 1); // overscan_info
}

/** num_units_in_tick and time_scale: ticks a second; undefined where they make no sense. */
export function readTicks(bits: BitReader): number | undefined {
  const unitsInTick = bits.u(32);
  const timeScale = bits.u(32);
  return unitsInTick > 0 && timeScale > 0 ? timeScale / unitsInTick : undefined;
}

function skipIf(bits: BitReader, count: number): void {
  if (bits.flag()) {
    bits.skip(count);
  }
}

/** Annex E.1.2. */
function skipHrd(bits: BitReader): void {
  const count = atMost(bits.ue(), 31, 'cpb_cnt_minus1') + 1;
  bits.skip(8);
  for (let index = 0; index < count; index++) {
    bits.ue();
    bits.ue();
    bits.skip(1);
  }
  bits.skip(20);
}
