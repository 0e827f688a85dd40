/** How a simulated camera encodes its picture: as HomeKit likes it, or as some cameras do all the same. */
export type FootageForm = 'plain' | 'interlaced' | 'fields' | 'fakeInterlaced' | 'fullRange' | 'fourTwoTwo' | 'tenBits' | 'fourTwoTwoTenBits' | 'openGop';

interface Form {
  /** Pictures that are drawn for each one that is sent. */
  readonly drawnPerPicture: 1 | 2;
  /** What becomes of the drawn picture, which is 8 bit 4:2:0 in limited range. */
  readonly filters: readonly string[];
  /** Arguments for the encoder, behind all others. */
  readonly encoder: readonly string[];
}

const plain: Form = { drawnPerPicture: 1, filters: [], encoder: [] };
/** The lines of two pictures, as of a camera that scans every other line: whoever shows them together shows a comb. */
const interleaved: Form = { drawnPerPicture: 2, filters: ['tinterlace=interleave_top'], encoder: [] };

/** `fields` is encoded here (`field-footage.ts`): FFmpeg has no encoder for it. */
export const footageForms = {
  plain,
  interlaced: { ...interleaved, encoder: ['-flags', '+ildct+ilme+cgop', '-x264-params', 'tff=1'] },
  fields: interleaved,
  // The SPS allows fields, and none come.
  fakeInterlaced: { ...plain, encoder: ['-x264-params', 'fake-interlaced=1'] },
  fullRange: { ...plain, filters: ['scale=out_range=pc', 'format=yuvj420p'] },
  fourTwoTwo: { ...plain, filters: ['format=yuv422p'], encoder: ['-profile:v', 'high422'] },
  tenBits: { ...plain, filters: ['format=yuv420p10le'], encoder: ['-profile:v', 'high10'] },
  fourTwoTwoTenBits: { ...plain, filters: ['format=yuv422p10le'], encoder: ['-profile:v', 'high422'] },
  // Only the first keyframe is an IDR picture.
  openGop: { ...plain, encoder: ['-flags', '-cgop', '-x264-params', 'open-gop=1'] },
} as const satisfies Readonly<Record<FootageForm, Form>>;
