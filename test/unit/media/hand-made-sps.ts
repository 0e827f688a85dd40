import { BitWriter } from './bit-writer.js';

export interface H264SpsOptions {
  readonly profileIdc: number;
  readonly constraints: number;
  readonly levelIdc: number;
  readonly id?: number;
  readonly pocType: 0 | 1 | 2;
  readonly widthMbs: number;
  readonly heightMapUnits: number;
  readonly framesOnly: boolean;
  /** mb_adaptive_frame_field_flag, where not only frames. */
  readonly fieldsInside?: boolean;
  /** left, right, top, bottom in crop units. */
  readonly crop: readonly [number, number, number, number];
  readonly chromaFormat?: number;
  readonly separatePlanes?: boolean;
  /** One list of 16 and one of 64 told, the others left out. */
  readonly scalingLists?: boolean;
  readonly vui?: { readonly fullRange?: boolean; readonly reorderFrames?: number; readonly hrds?: 1 | 2 };
}

/** ITU-T H.264 7.3.2.1.1. */
export function h264Sps(options: H264SpsOptions): Uint8Array {
  const { profileIdc, constraints, levelIdc, id = 0, pocType, widthMbs, heightMapUnits, framesOnly, fieldsInside = false, crop, chromaFormat = 1, separatePlanes = false, scalingLists = false, vui } = options;
  const bits = new BitWriter().u(8, profileIdc).u(8, constraints).u(8, levelIdc).ue(id);
  if ([100, 110, 122, 244].includes(profileIdc)) {
    bits.ue(chromaFormat).u(chromaFormat === 3 ? 1 : 0, separatePlanes ? 1 : 0).ue(0, 0).u(1, 0).u(1, scalingLists ? 1 : 0);
    if (scalingLists) {
      bits.u(3, 0b001).se(...Array<number>(16).fill(1)).u(4, 0b0001).se(...Array<number>(64).fill(1)).u(1, 0);
    }
  }
  bits.ue(0, pocType);
  if (pocType === 0) {
    bits.ue(2);
  } else if (pocType === 1) {
    bits.u(1, 0).se(-3, 4).ue(2).se(5, -5);
  }
  bits.ue(1).u(1, 0).ue(widthMbs - 1, heightMapUnits - 1).u(1, framesOnly ? 1 : 0).u(framesOnly ? 0 : 1, fieldsInside ? 1 : 0).u(1, 1);
  bits.u(1, 1).ue(...crop).u(1, vui ? 1 : 0);
  if (vui) {
    bits.u(2, 0).u(1, 1).u(3, 5).u(1, vui.fullRange ? 1 : 0).u(1, 0).u(2, 0);
    const { hrds = 0 } = vui;
    for (let hrd = 0; hrd < 2; hrd++) {
      bits.u(1, hrd < hrds ? 1 : 0);
      if (hrd < hrds) {
        bits.ue(1).u(8, 0x35).ue(500, 600).u(1, 0).ue(700, 800).u(1, 1).u(20, 0xbdef7);
      }
    }
    bits.u(hrds > 0 ? 2 : 1, 0);
    bits.u(1, vui.reorderFrames === undefined ? 0 : 1);
    if (vui.reorderFrames !== undefined) {
      bits.u(1, 1).ue(0, 0, 10, 10, vui.reorderFrames, 4);
    }
  }
  return bits.toNal(0x67);
}

export interface HevcSpsOptions {
  /** sps_max_sub_layers_minus1; each of them with profile and level. */
  readonly subLayers?: number;
  readonly reorderPics?: readonly number[];
  readonly scalingLists?: boolean;
  readonly pcm?: boolean;
  readonly refPicSets?: boolean;
  readonly longTerm?: boolean;
  readonly fullRange?: boolean;
}

/** ITU-T H.265 7.3.2.2, Main profile, level 4.1, 1920x1080. */
export function hevcSps({ subLayers = 0, reorderPics, scalingLists = false, pcm = false, refPicSets = false, longTerm = false, fullRange = false }: HevcSpsOptions): Uint8Array {
  const bits = new BitWriter().u(4, 0).u(3, subLayers).u(1, 1);
  bits.u(8, 1).u(32, 0x6000_0000).u(16, 0x9000).u(32, 0).u(8, 123);
  if (subLayers > 0) {
    bits.u(subLayers * 2, 2 ** (subLayers * 2) - 1).u((8 - subLayers) * 2, 0);
    for (let layer = 0; layer < subLayers; layer++) {
      bits.u(8, 1).u(32, 0x6000_0000).u(16, 0x9000).u(32, 0).u(8, 93);
    }
  }
  bits.ue(0, 1, 1920, 1088).u(1, 1).ue(0, 0, 0, 4).ue(0, 0, 4).u(1, 1);
  for (let layer = 0; layer <= subLayers; layer++) {
    bits.ue(4, reorderPics?.[layer] ?? 0, 0);
  }
  bits.ue(0, 3, 0, 3, 1, 1).u(1, scalingLists ? 1 : 0);
  if (scalingLists) {
    writeScalingLists(bits);
  }
  bits.u(2, 1).u(1, pcm ? 1 : 0);
  if (pcm) {
    bits.u(8, 0x77).ue(0, 1).u(1, 1);
  }
  if (refPicSets) {
    // Three sets: one told, two predicted from the one before it (7.3.7).
    bits.ue(3);
    bits.ue(2, 1).ue(0).u(1, 1).ue(1).u(1, 1).ue(0).u(1, 0);
    bits.u(1, 1).u(1, 1).ue(0).u(1, 1).u(2, 0b01).u(1, 1).u(2, 0b00);
    bits.u(1, 1).u(1, 0).ue(1).u(1, 1).u(1, 1).u(2, 0b01).u(1, 1);
  } else {
    bits.ue(0);
  }
  bits.u(1, longTerm ? 1 : 0);
  if (longTerm) {
    bits.ue(2).u(8, 17).u(1, 1).u(8, 200).u(1, 0);
  }
  bits.u(2, 3).u(1, 1);
  bits.u(1, 1).u(8, 255).u(16, 37).u(16, 41).u(2, 0b11);
  bits.u(1, 1).u(3, 5).u(1, fullRange ? 1 : 0).u(1, 1).u(24, 0x010101);
  // From chroma_loc_info_present_flag to bitstream_restriction_flag, then sps_extension_present_flag.
  bits.u(1, 0).u(3, 0).u(1, 0).u(1, 0).u(1, 0).u(1, 0);
  return bits.toNal(0x42, 0x01);
}

/** 7.3.4: one list predicted, the others told. */
function writeScalingLists(bits: BitWriter): void {
  bits.u(1, 1);
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (matrix === 3 && size < 3) {
        bits.u(1, 0).ue(1);
        continue;
      }
      bits.u(1, 1);
      if (size > 1) {
        bits.se(8);
      }
      bits.se(...Array<number>(Math.min(64, 1 << (4 + size * 2))).fill(0));
    }
  }
}
