import { BitWriter } from '../../unit/media/bit-writer.js';
import type { CompleteFootageSettings } from './footage-arguments.js';

/**
 * An encoder of H.264 whose pictures are pairs of fields (PAFF), as analogue cameras behind a video server send them. FFmpeg has none.
 * Samples go into the stream as they are (I_PCM), so that there is nothing to predict and hardly anything to code.
 */

/** NAL units without start codes or lengths. */
export interface EncodedFields {
  /** SPS and PPS. */
  readonly parameterSets: readonly Uint8Array[];
  /** The two fields of each picture, the top one first. */
  readonly pictures: readonly (readonly [top: Uint8Array, bottom: Uint8Array])[];
}

const nalHeader = { slice: 0x61, idr: 0x65, sps: 0x67, pps: 0x68 } as const;
const frameNumBits = 4;
const pictureOrderBits = 8;
const macroblock = 16;

/** @param pictures I420, one after the other; their width must be a multiple of 16, their height of 32. */
export function encodeFields(pictures: Buffer, { width, height, fps, keyframeSeconds }: Pick<CompleteFootageSettings, 'width' | 'height' | 'fps' | 'keyframeSeconds'>): EncodedFields {
  if (width % macroblock !== 0 || height % (2 * macroblock) !== 0) {
    throw new Error(`Fields of ${width}x${height} are not made of whole macroblocks.`);
  }
  const bytes = (width * height * 3) / 2;
  const gop = fps * keyframeSeconds;
  return {
    parameterSets: [sequenceParameterSet(width, height), pictureParameterSet()],
    pictures: Array.from({ length: Math.floor(pictures.length / bytes) }, (_, index) => {
      const picture = { i420: pictures.subarray(index * bytes, (index + 1) * bytes), width, height, sinceKeyframe: index % gop };
      return [encodeField(picture, 'top'), encodeField(picture, 'bottom')] as const;
    }),
  };
}

/** 7.3.2.1.1: Main, level 4.0, a VUI with nothing but bitstream_restriction (nothing is reordered). */
function sequenceParameterSet(width: number, height: number): Uint8Array {
  const bits = new BitWriter().u(8, 77).u(8, 0).u(8, 40).ue(0, frameNumBits - 4, 0, pictureOrderBits - 4, 1).u(1, 0);
  bits.ue(width / macroblock - 1, height / (2 * macroblock) - 1);
  bits.u(1, 0).u(1, 0).u(1, 1).u(1, 0); // frame_mbs_only_flag, mb_adaptive_frame_field_flag, direct_8x8_inference_flag, frame_cropping_flag
  return bits.u(1, 1).u(8, 0).u(1, 1).u(1, 1).ue(0, 0, 10, 10, 0, 1).toNal(nalHeader.sps);
}

/** 7.3.2.2: CAVLC, deblocking told in each slice. */
function pictureParameterSet(): Uint8Array {
  return new BitWriter().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0).ue(0, 0, 0).u(3, 0b100).toNal(nalHeader.pps);
}

interface CodedPicture {
  readonly i420: Buffer;
  readonly width: number;
  readonly height: number;
  readonly sinceKeyframe: number;
}

/** One slice: a header (7.3.3), then for each macroblock its type (25, I_PCM) in the two bytes that lead to the next whole one, and its samples. */
function encodeField(picture: CodedPicture, parity: 'top' | 'bottom'): Uint8Array {
  const { sinceKeyframe } = picture;
  const bottom = parity === 'bottom' ? 1 : 0;
  const idr = sinceKeyframe === 0 && bottom === 0;
  const bits = new BitWriter().ue(0, 7, 0).u(frameNumBits, sinceKeyframe % 2 ** frameNumBits).u(1, 1).u(1, bottom);
  if (idr) {
    bits.ue(0); // idr_pic_id
  }
  bits.u(pictureOrderBits, (2 * sinceKeyframe + bottom) % 2 ** pictureOrderBits);
  bits.u(idr ? 2 : 1, 0).se(0).ue(1, 25); // dec_ref_pic_marking, slice_qp_delta, disable_deblocking_filter_idc, mb_type
  const samples = macroblocks(picture, bottom).flatMap((block, index) => (index === 0 ? [block] : [Uint8Array.of(0x0d, 0), block]));
  return nalUnit(idr ? nalHeader.idr : nalHeader.slice, Buffer.concat([Uint8Array.from(bits.bytes()), ...samples, Uint8Array.of(0x80)]));
}

/** The samples of a field by macroblock: 256 of luma, 64 of each colour. */
function macroblocks({ i420, width, height }: CodedPicture, firstLine: 0 | 1): Buffer[] {
  const luma = { plane: i420, stride: width, size: 16 };
  const cb = { plane: i420.subarray(width * height), stride: width / 2, size: 8 };
  const cr = { plane: i420.subarray((width * height * 5) / 4), stride: width / 2, size: 8 };
  const across = width / macroblock;
  return Array.from({ length: across * (height / (2 * macroblock)) }, (_, index) => {
    const [column, row] = [index % across, Math.floor(index / across)];
    return Buffer.concat(
      [luma, cb, cr].flatMap(({ plane, stride, size }) =>
        Array.from({ length: size }, (_line, line) => {
          const start = (2 * (row * size + line) + firstLine) * stride + column * size;
          return plane.subarray(start, start + size);
        }),
      ),
    );
  });
}

/** With emulation prevention (7.4.1). */
function nalUnit(header: number, rbsp: Uint8Array): Uint8Array {
  const out = Buffer.alloc(1 + Math.ceil((rbsp.length * 3) / 2));
  let at = out.writeUInt8(header, 0);
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros === 2 && byte <= 3) {
      out[at++] = 3;
      zeros = 0;
    }
    out[at++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, at);
}
