import { Buffer } from 'node:buffer';
import type { VideoFormat } from './access-unit.js';
import { FormatError } from './format-error.js';
import { h264ProfilesWithChroma, parseH264Sps } from './h264-sps.js';
import { parseHevcSps } from './hevc-sps.js';
import { h264Nal, hevcNal, nalType } from './nal.js';

/** Content of an avcC box (ISO/IEC 14496-15 5.3.3.1) for samples with lengths of four bytes. Throws `FormatError` without a readable SPS. */
export function writeAvcC(format: VideoFormat): Buffer {
  const spss = setsOf(format, h264Nal.sps);
  const sps = firstOf(spss);
  const ppss = setsOf(format, h264Nal.pps);
  const [, profileIdc = 0, constraints = 0, levelIdc = 0] = sps;
  const facts = parseH264Sps(sps);
  const chroma = h264ProfilesWithChroma.has(profileIdc) ? [0xfc | facts.chromaFormat, 0xf8 | (facts.bitDepthLuma - 8), 0xf8 | (facts.bitDepthChroma - 8), 0] : [];
  return Buffer.concat([
    Buffer.from([1, profileIdc, constraints, levelIdc, 0xff, 0xe0 | Math.min(spss.length, 31)]),
    ...spss.slice(0, 31).flatMap(withLength),
    Buffer.from([Math.min(ppss.length, 255)]),
    ...ppss.slice(0, 255).flatMap(withLength),
    Buffer.from(chroma),
  ]);
}

/** Content of an hvcC box (ISO/IEC 14496-15 8.3.3.1) for samples with lengths of four bytes. Throws `FormatError` without a readable SPS. */
export function writeHvcC(format: VideoFormat): Buffer {
  const facts = parseHevcSps(firstOf(setsOf(format, hevcNal.sps)));
  const arrays = [hevcNal.vps, hevcNal.sps, hevcNal.pps].map((type) => ({ type, sets: setsOf(format, type) })).filter(({ sets }) => sets.length > 0);
  return Buffer.concat([
    Buffer.from([1]),
    facts.generalProfileTierLevel,
    // min_spatial_segmentation_idc and parallelismType unknown, avgFrameRate unknown.
    Buffer.from([0xf0, 0, 0xfc, 0xfc | facts.chromaFormat, 0xf8 | (facts.bitDepthLuma - 8), 0xf8 | (facts.bitDepthChroma - 8), 0, 0]),
    Buffer.from([(facts.temporalLayers << 3) | (facts.temporalIdNesting ? 4 : 0) | 3, arrays.length]),
    // array_completeness: hvc1 promises that all sets are here.
    ...arrays.flatMap(({ type, sets }) => [Buffer.from([0x80 | type, sets.length >> 8, sets.length & 0xff]), ...sets.flatMap(withLength)]),
  ]);
}

function setsOf({ codec, parameterSets }: VideoFormat, type: number): Uint8Array[] {
  return parameterSets.filter((set) => nalType(codec, set[0] ?? 0) === type);
}

function firstOf([sps]: readonly Uint8Array[]): Uint8Array {
  if (sps === undefined) {
    throw new FormatError('no SPS');
  }
  return sps;
}

function withLength(set: Uint8Array): Uint8Array[] {
  return [Buffer.from([set.length >> 8, set.length & 0xff]), set];
}
