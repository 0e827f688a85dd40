import type { VideoCodec, VideoFormat } from './access-unit.js';
import { BitReader, rbspOf } from './bit-reader.js';
import { ByteReader } from './byte-reader.js';
import type { Fmp4Track } from './fmp4-tracks.js';
import { FormatError } from './format-error.js';
import { parseH264Sps } from './h264-sps.js';
import { parseHevcSps } from './hevc-sps.js';
import { forEachNal, h264Nal, hevcNal, nalType } from './nal.js';

/** A decoder configuration record as MP4 carries it. */
export interface DecoderConfiguration {
  readonly format: VideoFormat;
  /** Bytes of each NAL unit's length in the samples (lengthSizeMinusOne + 1). `Fmp4Reader` makes 4 of any other. */
  readonly nalLengthBytes: number;
}

/** nal_unit_type of the parameter sets in the order in which `VideoFormat.parameterSets` has them. */
const setTypes: Readonly<Record<VideoCodec, readonly number[]>> = {
  h264: [h264Nal.sps, h264Nal.pps],
  hevc: [hevcNal.vps, hevcNal.sps, hevcNal.pps],
};

const spsTypes: Readonly<Record<VideoCodec, number>> = { h264: h264Nal.sps, hevc: hevcNal.sps };

/** Real ones take some hundred bytes. More is damage, would be kept in memory for long, and does not fit avcC. */
const maxParameterSetBytes = 65_535;

/** Reads the content of an avcC box (ISO/IEC 14496-15 5.3.3.1). Throws `FormatError`. */
export function videoFormatFromAvcC(bytes: Uint8Array): DecoderConfiguration {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== 1) {
    throw new FormatError('avcC of an unknown version');
  }
  reader.skip(3); // profile, compatibility and level: the SPS has them too
  const nalLengthBytes = (reader.u8() & 3) + 1;
  const nals: Uint8Array[] = [];
  for (const countMask of [0x1f, 0xff]) {
    for (let left = reader.u8() & countMask; left > 0; left--) {
      nals.push(reader.bytes(reader.u16()));
    }
  }
  return { format: videoFormatFromParameterSets('h264', nals), nalLengthBytes };
}

/** Reads the content of an hvcC box (ISO/IEC 14496-15 8.3.3.1). Throws `FormatError`. */
export function videoFormatFromHvcC(bytes: Uint8Array): DecoderConfiguration {
  const reader = new ByteReader(bytes);
  reader.skip(21); // version to avgFrameRate: the SPS has them too, and early writers left the version 0
  const nalLengthBytes = (reader.u8() & 3) + 1;
  const nals: Uint8Array[] = [];
  for (let arrays = reader.u8(); arrays > 0; arrays--) {
    reader.skip(1);
    for (let left = reader.u16(); left > 0; left--) {
      nals.push(reader.bytes(reader.u16()));
    }
  }
  return { format: videoFormatFromParameterSets('hevc', nals), nalLengthBytes };
}

/** What a track read by `Fmp4Reader` holds. Throws `FormatError`, also for other codecs than H.264 and HEVC. */
export function videoFormatFromTrack({ codec, config }: Pick<Fmp4Track, 'codec' | 'config'>): VideoFormat {
  switch (codec) {
    case 'h264':
      return videoFormatFromAvcC(config).format;
    case 'hevc':
      return videoFormatFromHvcC(config).format;
    default:
      throw new FormatError(`pictures are ${codec}, not H.264 or HEVC`);
  }
}

/**
 * From NAL units without start code or length. Other units than parameter sets are left out, the rest is copied and put in order.
 * The first SPS says what the pictures are. Throws `FormatError` where SPS or PPS is missing or the SPS is damaged.
 */
export function videoFormatFromParameterSets(codec: VideoCodec, nals: readonly Uint8Array[]): VideoFormat {
  const parameterSets = setTypes[codec].flatMap((type) => nals.filter((nal) => nal.length > 0 && nalType(codec, nal[0] ?? 0) === type)).map((nal) => new Uint8Array(nal));
  if (parameterSets.reduce((sum, set) => sum + set.length, 0) > maxParameterSetBytes) {
    throw new FormatError('parameter sets of more than 64 KiB');
  }
  const missing = setTypes[codec].slice(-2).find((type) => !parameterSets.some((set) => nalType(codec, set[0] ?? 0) === type));
  const sps = parameterSets.find((set) => nalType(codec, set[0] ?? 0) === spsTypes[codec]);
  if (missing !== undefined || sps === undefined) {
    throw new FormatError(`${codec} without ${missing === spsTypes[codec] ? 'SPS' : 'PPS'}`);
  }
  const { mayBeFields, fieldsInside, ...facts } = codec === 'h264' ? parseH264Sps(sps) : { ...parseHevcSps(sps), mayBeFields: false, fieldsInside: false };
  const { width, height, profile, level, reorders, fullRange } = facts;
  return { codec, parameterSets, width, height, profile, level, reorders, fullRange, ...(mayBeFields && { mayBeFields }), ...(fieldsInside && { interlaced: true }) };
}

/**
 * The format that holds from this access unit on: `current` itself (the same object) where the unit brings no parameter sets or only
 * known ones, a new one where it changes them. Damaged sets change nothing. Cheap enough for every keyframe.
 */
export function withInBandParameterSets(current: VideoFormat, accessUnitData: Uint8Array): VideoFormat {
  const { codec, parameterSets } = current;
  const types = setTypes[codec];
  let unknown = 0;
  const intact = forEachNal(accessUnitData, (start, end) => {
    if (types.includes(nalType(codec, accessUnitData[start] ?? 0)) && !parameterSets.some((set) => equals(set, accessUnitData, start, end))) {
      unknown++;
    }
  });
  if (!intact || unknown === 0) {
    return current;
  }
  try {
    return merged(current, accessUnitData);
  } catch (error) {
    if (error instanceof FormatError) {
      return current;
    }
    throw error;
  }
}

function equals(set: Uint8Array, data: Uint8Array, start: number, end: number): boolean {
  if (set.length !== end - start) {
    return false;
  }
  for (let index = 0; index < set.length; index++) {
    if (set[index] !== data[start + index]) {
      return false;
    }
  }
  return true;
}

/** The unit's sets take the place of those with the same type and id, and stand first in their kind: the newest SPS says what the pictures are. */
function merged(current: VideoFormat, accessUnitData: Uint8Array): VideoFormat {
  const { codec, parameterSets } = current;
  const sets = new Map<string, Uint8Array>();
  forEachNal(accessUnitData, (start, end) => {
    if (setTypes[codec].includes(nalType(codec, accessUnitData[start] ?? 0))) {
      const set = accessUnitData.subarray(start, end);
      sets.set(identityOf(codec, set), set);
    }
  });
  for (const set of parameterSets) {
    const identity = identityOf(codec, set);
    if (!sets.has(identity)) {
      sets.set(identity, set);
    }
  }
  const next = videoFormatFromParameterSets(codec, [...sets.values()]);
  const same = next.parameterSets.length === parameterSets.length && next.parameterSets.every((set) => parameterSets.some((known) => equals(known, set, 0, set.length)));
  return same ? current : next;
}

/** Type and id of a parameter set: a later one of the same identity replaces it (ITU-T H.264 7.4.1.2.1, H.265 7.4.2.4.2). */
function identityOf(codec: VideoCodec, set: Uint8Array): string {
  const type = nalType(codec, set[0] ?? 0);
  if (type === spsTypes[codec]) {
    return `${type}/${(codec === 'h264' ? parseH264Sps(set) : parseHevcSps(set)).id}`;
  }
  const bits = new BitReader(rbspOf(set, codec === 'h264' ? 1 : 2));
  const id = type === hevcNal.vps ? bits.u(4) : bits.ue();
  if (id > 255) {
    throw new FormatError(`picture parameter set ${id}`);
  }
  return `${type}/${id}`;
}
