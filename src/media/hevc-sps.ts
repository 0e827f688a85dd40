import { BitReader, rbspOf } from './bit-reader.js';
import { FormatError } from './format-error.js';
import { readTicks, skipAspectRatioAndOverscan, type SpsFacts } from './h264-sps.js';

/** What hvcC repeats of the SPS besides `SpsFacts` (ISO/IEC 14496-15 8.3.3.1). */
export interface HevcSpsFacts extends SpsFacts {
  /** general_profile_space to general_level_idc, 12 bytes, as they stand in the SPS. */
  readonly generalProfileTierLevel: Uint8Array;
  /** sps_max_sub_layers_minus1 + 1. */
  readonly temporalLayers: number;
  readonly temporalIdNesting: boolean;
}

const profileNames: Readonly<Record<number, string>> = {
  1: 'Main',
  2: 'Main 10',
  3: 'Main Still Picture',
  4: 'Range Extensions',
  5: 'High Throughput',
  9: 'Screen Content Coding',
};

/** Level 6.2 allows sqrt(8 x 35,651,584) to a side (table A.8). */
const maxSide = 16_888;

/** Reads an SPS NAL unit, header included (ITU-T H.265 7.3.2.2). Throws `FormatError` where it is damaged before the VUI. */
export function parseHevcSps(nal: Uint8Array): HevcSpsFacts {
  const rbsp = rbspOf(nal, 2);
  const bits = new BitReader(rbsp);
  bits.skip(4); // sps_video_parameter_set_id
  const subLayers = atMost(bits.u(3), 6, 'sps_max_sub_layers_minus1');
  const temporalIdNesting = bits.flag();
  const generalProfileTierLevel = rbsp.slice(1, 13);
  skipProfileTierLevel(bits, subLayers);
  const id = atMost(bits.ue(), 15, 'sps_seq_parameter_set_id');
  const chromaFormat = atMost(bits.ue(), 3, 'chroma_format_idc');
  bits.skip(chromaFormat === 3 ? 1 : 0); // separate_colour_plane_flag
  const codedWidth = atMost(bits.ue(), maxSide, 'pic_width_in_luma_samples');
  const codedHeight = atMost(bits.ue(), maxSide, 'pic_height_in_luma_samples');
  const crop = bits.flag() ? { left: bits.ue(), right: bits.ue(), top: bits.ue(), bottom: bits.ue() } : { left: 0, right: 0, top: 0, bottom: 0 };
  const width = codedWidth - (crop.left + crop.right) * (chromaFormat === 1 || chromaFormat === 2 ? 2 : 1);
  const height = codedHeight - (crop.top + crop.bottom) * (chromaFormat === 1 ? 2 : 1);
  if (width <= 0 || height <= 0) {
    throw new FormatError('SPS leaves no picture');
  }
  const bitDepthLuma = atMost(bits.ue(), 8, 'bit_depth_luma_minus8') + 8;
  const bitDepthChroma = atMost(bits.ue(), 8, 'bit_depth_chroma_minus8') + 8;
  const pocLsbBits = atMost(bits.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4') + 4;
  let reorderPics = 0;
  for (let layer = bits.flag() ? 0 : subLayers; layer <= subLayers; layer++) {
    bits.ue(); // sps_max_dec_pic_buffering_minus1
    reorderPics = bits.ue();
    bits.ue(); // sps_max_latency_increase_plus1
  }
  const profileIdc = (generalProfileTierLevel[0] ?? 0) & 0x1f;
  return {
    id,
    width,
    height,
    profile: profileNames[profileIdc] ?? `profile ${profileIdc}`,
    level: ((generalProfileTierLevel[11] ?? 0) / 30).toFixed(1),
    reorders: reorderPics > 0,
    ...readVui(bits, pocLsbBits),
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    generalProfileTierLevel,
    temporalLayers: subLayers + 1,
    temporalIdNesting,
  };
}

function atMost(value: number, limit: number, name: string): number {
  if (value > limit) {
    throw new FormatError(`${name} is ${value}, more than ${limit}`);
  }
  return value;
}

/** 7.3.3: 96 general bits, then what each sub-layer has of its own. */
function skipProfileTierLevel(bits: BitReader, subLayers: number): void {
  bits.skip(96);
  let extraBits = 0;
  for (let layer = 0; layer < subLayers; layer++) {
    extraBits += (bits.flag() ? 88 : 0) + (bits.flag() ? 8 : 0);
  }
  bits.skip(subLayers > 0 ? (8 - subLayers) * 2 + extraBits : 0);
}

type VuiFacts = { -readonly [Fact in 'fullRange' | 'fps']: SpsFacts[Fact] };

/** From log2_min_luma_coding_block_size_minus3 to vui_time_scale. Where that is damaged, what was read until then counts: pictures decode all the same. */
function readVui(bits: BitReader, pocLsbBits: number): VuiFacts {
  const facts: VuiFacts = { fullRange: false, fps: undefined };
  try {
    skipToVui(bits, pocLsbBits);
    if (bits.flag()) {
      fillVui(bits, facts);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) {
      throw error;
    }
  }
  return facts;
}

function skipToVui(bits: BitReader, pocLsbBits: number): void {
  for (let field = 0; field < 6; field++) {
    bits.ue(); // block sizes and hierarchy depths
  }
  if (bits.flag() && bits.flag()) {
    skipScalingLists(bits);
  }
  bits.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (bits.flag()) {
    bits.skip(8); // pcm_sample_bit_depth
    bits.ue();
    bits.ue();
    bits.skip(1);
  }
  skipShortTermRefPicSets(bits);
  if (bits.flag()) {
    for (let left = atMost(bits.ue(), 32, 'num_long_term_ref_pics_sps'); left > 0; left--) {
      bits.skip(pocLsbBits + 1);
    }
  }
  bits.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
}

/** Annex E.2.1, up to the timing. */
function fillVui(bits: BitReader, facts: VuiFacts): void {
  skipAspectRatioAndOverscan(bits);
  if (bits.flag()) {
    bits.skip(3); // video_format
    facts.fullRange = bits.flag();
    bits.skip(bits.flag() ? 24 : 0); // colour_description
  }
  if (bits.flag()) {
    bits.ue(); // chroma_sample_loc_type_top_field
    bits.ue();
  }
  bits.skip(3); // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (bits.flag()) {
    for (let side = 0; side < 4; side++) {
      bits.ue(); // default display window
    }
  }
  facts.fps = bits.flag() ? readTicks(bits) : undefined;
}

/** 7.3.4. */
function skipScalingLists(bits: BitReader): void {
  for (let size = 0; size < 4; size++) {
    // Of 32x32 only the luma matrices are sent.
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.ue(); // scaling_list_pred_matrix_id_delta
        continue;
      }
      if (size > 1) {
        bits.se(); // scaling_list_dc_coef_minus8
      }
      for (let left = Math.min(64, 1 << (4 + size * 2)); left > 0; left--) {
        bits.se();
      }
    }
  }
}

/** 7.3.7: a set either lists its pictures or is told as a difference to the one before. */
function skipShortTermRefPicSets(bits: BitReader): void {
  const count = atMost(bits.ue(), 64, 'num_short_term_ref_pic_sets');
  let pictures = 0;
  for (let set = 0; set < count; set++) {
    if (set > 0 && bits.flag()) {
      bits.skip(1); // delta_rps_sign
      bits.ue(); // abs_delta_rps_minus1
      let kept = 0;
      for (let picture = 0; picture <= pictures; picture++) {
        const used = bits.flag();
        if (used || bits.flag()) {
          kept++;
        }
      }
      pictures = kept;
    } else {
      pictures = atMost(bits.ue(), 16, 'num_negative_pics') + atMost(bits.ue(), 16, 'num_positive_pics');
      for (let picture = 0; picture < pictures; picture++) {
        bits.ue();
        bits.skip(1);
      }
    }
  }
}
