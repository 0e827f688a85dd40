import { boxesOf, expectBoxes, findBox } from './boxes.js';
import type { ClipTrack, SampleDefaults, TrackDetails } from './track.js';

/** The samples that one fragment has of one track; times are those of decoding, without the edit list. */
export interface FragmentRun {
  readonly trackId: number;
  readonly kind: ClipTrack['kind'];
  /** In ticks of the track. */
  readonly baseDecodeTime: number;
  readonly samples: number;
  /** All durations together, in ticks. */
  readonly duration: number;
  /** Bytes of each sample. */
  readonly sizes: readonly number[];
  /** Ticks of each sample. */
  readonly durations: readonly number[];
  /** The first sample is marked as one to start from. */
  readonly startsWithSync: boolean;
  /** The first sample holds an IDR slice; false for sound. */
  readonly startsWithIdr: boolean;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** One moof with its mdat. */
export interface ClipFragment {
  readonly sequenceNumber: number;
  readonly bytes: number;
  readonly runs: readonly FragmentRun[];
  /** Of the picture, else of the first track that it has. */
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Reads a packet of one moof and one mdat; `packetStart` is where it lies in the clip. Throws, naming `where`, on any other. */
export function readFragment(packet: Buffer, packetStart: number, tracks: readonly TrackDetails[], where: string): ClipFragment {
  expectBoxes(packet, where, ['moof', 'mdat']);
  const moof = findBox(packet, 'moof');
  const mdatStart = packet.length - findBox(packet, 'mdat').length;
  const runs = boxesOf(moof, 'traf').map((traf) => {
    const id = findBox(traf, 'tfhd').readUInt32BE(4);
    const track = tracks.find((one) => one.id === id);
    if (!track) {
      throw new Error(`${where} has samples of track ${id}, which the clip does not have.`);
    }
    return readRun(traf, track, { packet, packetStart, mdatStart, where });
  });
  const leading = runs.find(({ kind }) => kind === 'video') ?? runs[0];
  if (!leading) {
    throw new Error(`${where} has no samples.`);
  }
  const { startSeconds, endSeconds } = leading;
  return { sequenceNumber: findBox(moof, 'mfhd').readUInt32BE(4), bytes: packet.length, runs, startSeconds, endSeconds };
}

interface Place {
  readonly packet: Buffer;
  readonly packetStart: number;
  readonly mdatStart: number;
  readonly where: string;
}

interface Sample {
  readonly bytes: Buffer;
  readonly duration: number;
  readonly flags: number;
}

function readRun(traf: Buffer, track: TrackDetails, place: Place): FragmentRun {
  const { baseOffset, defaults } = readHeader(findBox(traf, 'tfhd'), track.defaults, place);
  const samples = boxesOf(traf, 'trun').flatMap((trun) => readSamples(trun, defaults, baseOffset, place));
  const tfdt = findBox(traf, 'tfdt');
  const baseDecodeTime = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  const [first] = samples;
  if (!first) {
    throw new Error(`${place.where} has no samples of track ${track.id}, but a header for them.`);
  }
  const durations = samples.map(({ duration }) => duration);
  const duration = durations.reduce((sum, each) => sum + each, 0);
  const isNonSync = 0x1_0000;
  return {
    trackId: track.id,
    kind: track.kind,
    baseDecodeTime,
    samples: samples.length,
    duration,
    sizes: samples.map(({ bytes }) => bytes.length),
    durations,
    startsWithSync: (first.flags & isNonSync) === 0,
    startsWithIdr: track.kind === 'video' && nalTypes(first.bytes, track.nalLengthBytes, place.where).includes(5),
    startSeconds: baseDecodeTime / track.timescale,
    endSeconds: (baseDecodeTime + duration) / track.timescale,
  };
}

/** tfhd: what differs from the track's defaults, and where offsets count from (in the packet). */
function readHeader(tfhd: Buffer, fallback: SampleDefaults, place: Place): { readonly baseOffset: number; readonly defaults: SampleDefaults } {
  const flags = tfhd.readUInt32BE() & 0xff_ffff;
  let offset = 8;
  const field = (flag: number, bytes: 4 | 8): Buffer | undefined => {
    if ((flags & flag) === 0) {
      return undefined;
    }
    offset += bytes;
    return tfhd.subarray(offset - bytes, offset);
  };
  const base = field(0x1, 8);
  field(0x2, 4);
  const defaults = {
    duration: field(0x8, 4)?.readUInt32BE() ?? fallback.duration,
    size: field(0x10, 4)?.readUInt32BE() ?? fallback.size,
    flags: field(0x20, 4)?.readUInt32BE() ?? fallback.flags,
  };
  if (!base && (flags & 0x2_0000) === 0) {
    throw new Error(`${place.where}: a track's samples are counted neither from the moof nor from the start of the clip.`);
  }
  return { baseOffset: base ? Number(base.readBigUInt64BE()) - place.packetStart : 0, defaults };
}

function readSamples(trun: Buffer, defaults: SampleDefaults, baseOffset: number, { packet, mdatStart, where }: Place): Sample[] {
  const flags = trun.readUInt32BE() & 0xff_ffff;
  let offset = 8;
  const field = (flag: number): number | undefined => {
    if ((flags & flag) === 0) {
      return undefined;
    }
    offset += 4;
    return trun.readUInt32BE(offset - 4);
  };
  const dataOffset = field(0x1);
  const firstFlags = field(0x4);
  if (dataOffset === undefined) {
    throw new Error(`${where}: a run of samples does not say where it lies.`);
  }
  let start = baseOffset + (dataOffset | 0);
  return Array.from({ length: trun.readUInt32BE(4) }, (_, index) => {
    const duration = field(0x100) ?? defaults.duration;
    const size = field(0x200) ?? defaults.size;
    const ownFlags = field(0x400);
    field(0x800);
    if (start < mdatStart || start + size > packet.length) {
      throw new Error(`${where}: a sample of ${size} bytes lies at byte ${start}, outside of its mdat (${mdatStart} to ${packet.length}).`);
    }
    start += size;
    return { bytes: packet.subarray(start - size, start), duration, flags: ownFlags ?? (index === 0 ? firstFlags : undefined) ?? defaults.flags };
  });
}

function nalTypes(sample: Buffer, lengthBytes: number, where: string): number[] {
  const types: number[] = [];
  for (let offset = 0; offset < sample.length;) {
    const length = offset + lengthBytes < sample.length ? sample.readUIntBE(offset, lengthBytes) : Infinity;
    if (offset + lengthBytes + length > sample.length) {
      throw new Error(`${where}: a NAL unit at byte ${offset} ends after its sample of ${sample.length} bytes.`);
    }
    types.push((sample[offset + lengthBytes] ?? 0) & 0x1f);
    offset += lengthBytes + length;
  }
  return types;
}
