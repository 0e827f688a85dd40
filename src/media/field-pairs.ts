import { Buffer } from 'node:buffer';
import type { VideoFormat } from './access-unit.js';
import { BitReader, rbspOf } from './bit-reader.js';
import { FormatError } from './format-error.js';
import { type H264SpsFacts, parseH264Sps } from './h264-sps.js';
import { forEachNal, h264Nal, nalType } from './nal.js';

/** Which half of which picture a field is (ITU-T H.264 7.3.3). */
interface Field {
  readonly parity: 'top' | 'bottom';
  /** frame_num: the same for both fields of a picture. */
  readonly frameNumber: number;
  readonly idr: boolean;
}

/** More than is read of a slice header, emulation prevention included. */
const sliceHeaderBytes = 32;

/**
 * Joins the two fields of an interlaced H.264 picture into one access unit. FFmpeg's parser gives each field a packet of its own, and half a
 * picture is none: a decoder gives out nothing before the other half is there.
 */
export class FieldPairs<Sample extends { readonly data: Uint8Array }> {
  #format: VideoFormat | undefined;
  #sps: H264SpsFacts | undefined;
  #first: { readonly sample: Sample; readonly field: Field } | undefined;
  #seen = false;

  /** Whether fields have come: an SPS only says that some may. */
  get seen(): boolean {
    return this.#seen;
  }

  /** @returns what is whole by now, in order; the first field of a picture waits for the second. */
  take(format: VideoFormat, sample: Sample): Sample[] {
    const field = this.#fieldOf(format, sample.data);
    const first = this.#first;
    this.#first = undefined;
    // One alone may be damage.
    this.#seen ||= first !== undefined && field !== undefined;
    if (first && field && isSecondOf(first.field, field)) {
      return [{ ...first.sample, data: Buffer.concat([first.sample.data, sample.data]) }];
    }
    const alone = first ? [first.sample] : [];
    if (!field) {
      return [...alone, sample];
    }
    this.#first = { sample, field };
    return alone;
  }

  /** Undefined for a whole picture, and where that cannot be told. */
  #fieldOf(format: VideoFormat, data: Uint8Array): Field | undefined {
    const sps = this.#spsOf(format);
    if (!sps) {
      return undefined;
    }
    let field: Field | undefined;
    forEachNal(data, (start, end) => {
      const type = nalType('h264', data[start] ?? 0);
      if (!field && (type === h264Nal.slice || type === h264Nal.idr)) {
        field = readField(data.subarray(start, Math.min(end, start + sliceHeaderBytes)), sps, type === h264Nal.idr);
      }
    });
    return field;
  }

  #spsOf(format: VideoFormat): H264SpsFacts | undefined {
    if (format !== this.#format) {
      this.#format = format;
      const sps = format.mayBeFields === true ? format.parameterSets.find((set) => nalType(format.codec, set[0] ?? 0) === h264Nal.sps) : undefined;
      this.#sps = sps && parseH264Sps(sps);
    }
    return this.#sps;
  }
}

/** The second field of an IDR picture is none itself. */
function isSecondOf(first: Field, second: Field): boolean {
  return first.parity !== second.parity && first.frameNumber === second.frameNumber && !second.idr;
}

function readField(slice: Uint8Array, { frameNumBits, separatePlanes }: H264SpsFacts, idr: boolean): Field | undefined {
  const bits = new BitReader(rbspOf(slice, 1));
  try {
    bits.ue(); // first_mb_in_slice
    bits.ue(); // slice_type
    bits.ue(); // pic_parameter_set_id
    bits.skip(separatePlanes ? 2 : 0);
    const frameNumber = bits.u(frameNumBits);
    return bits.flag() ? { parity: bits.flag() ? 'bottom' : 'top', frameNumber, idr } : undefined;
  } catch (error) {
    if (error instanceof FormatError) {
      return undefined;
    }
    throw error;
  }
}
