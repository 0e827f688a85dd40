import { boxesOf, findBox, optionalBox, readBoxes } from './boxes.js';

/** A track of a clip, as its initialization describes it. */
export interface ClipTrack {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  /** The sample entry: `avc1`, `mp4a`, ... */
  readonly codec: string;
  /** Ticks per second. */
  readonly timescale: number;
  /** In pixels, of a video track; else 0. */
  readonly width: number;
  readonly height: number;
  /** Of an audio track; else 0. */
  readonly sampleRate: number;
  /** From the AAC configuration: the sample entry always says two. 0 where there is none. */
  readonly channels: number;
  /** From the AAC configuration: 2 is AAC-LC. */
  readonly audioObjectType: number;
  /** What its edit list says: nothing to show for a while (`mediaSeconds` undefined), or the media from a time on. */
  readonly edits: readonly { readonly mediaSeconds: number | undefined; readonly durationSeconds: number }[];
}

/** What samples have where their fragment does not say otherwise (trex). */
export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

/** A track with what is needed to read its fragments. */
export interface TrackDetails extends ClipTrack {
  readonly defaults: SampleDefaults;
  /** Bytes before each NAL unit that hold its length. */
  readonly nalLengthBytes: number;
}

/** Reads one trak box of `moov`; throws where it is neither picture nor sound, or not for fragments. */
export function readTrack(trak: Buffer, moov: Buffer): TrackDetails {
  const id = versioned(findBox(trak, 'tkhd'), 12, 20).readUInt32BE();
  const timescale = versioned(findBox(trak, 'mdia', 'mdhd'), 12, 20).readUInt32BE();
  const movieTimescale = versioned(findBox(moov, 'mvhd'), 12, 20).readUInt32BE();
  const handler = findBox(trak, 'mdia', 'hdlr').toString('latin1', 8, 12);
  if (handler !== 'vide' && handler !== 'soun') {
    throw new Error(`Track ${id} is neither picture nor sound but "${handler}".`);
  }
  const description = findBox(trak, 'mdia', 'minf', 'stbl', 'stsd').subarray(8);
  const [entry] = readBoxes(description, `The description of track ${id}`);
  const trex = boxesOf(findBox(moov, 'mvex'), 'trex').find((box) => box.readUInt32BE(4) === id);
  if (!entry || !trex) {
    throw new Error(`Track ${id} has no description, or no defaults for its fragments.`);
  }
  const isVideo = handler === 'vide';
  const avcC = isVideo ? optionalBox(entry.body.subarray(78), 'avcC') : undefined;
  const aac = audioSpecificConfig(isVideo ? undefined : optionalBox(entry.body.subarray(28), 'esds'));
  return {
    id,
    kind: isVideo ? 'video' : 'audio',
    codec: entry.type,
    timescale,
    width: isVideo ? entry.body.readUInt16BE(24) : 0,
    height: isVideo ? entry.body.readUInt16BE(26) : 0,
    sampleRate: isVideo ? 0 : entry.body.readUInt32BE(24) / 65_536,
    channels: ((aac[1] ?? 0) >> 3) & 0xf,
    audioObjectType: (aac[0] ?? 0) >> 3,
    edits: readEdits(optionalBox(trak, 'edts', 'elst'), movieTimescale, timescale),
    defaults: { duration: trex.readUInt32BE(12), size: trex.readUInt32BE(16), flags: trex.readUInt32BE(20) },
    nalLengthBytes: ((avcC?.[4] ?? 3) & 3) + 1,
  };
}

/** Descriptor 5 in 4 in 3 (ISO/IEC 14496-1 7.2.6.5); lengths have as many bytes as their highest bits say. */
function audioSpecificConfig(esds: Buffer | undefined): Buffer {
  const fixedBytes = new Map([[3, 3], [4, 13]]);
  for (let offset = 4; esds && offset < esds.length;) {
    const descriptor = esds[offset] ?? 0;
    do {
      offset += 1;
    } while (((esds[offset] ?? 0) & 0x80) !== 0);
    const fixed = fixedBytes.get(descriptor);
    if (fixed === undefined) {
      return descriptor === 5 ? esds.subarray(offset + 1) : Buffer.alloc(0);
    }
    offset += 1 + fixed;
  }
  return Buffer.alloc(0);
}

/** A full box's content from where a field lies, which depends on the box's version. */
function versioned(box: Buffer, offset0: number, offset1: number): Buffer {
  return box.subarray(box[0] === 1 ? offset1 : offset0);
}

function readEdits(elst: Buffer | undefined, movieTimescale: number, timescale: number): ClipTrack['edits'] {
  if (!elst) {
    return [];
  }
  const isLong = elst[0] === 1;
  return Array.from({ length: elst.readUInt32BE(4) }, (_, index) => {
    const entry = elst.subarray(8 + index * (isLong ? 20 : 12));
    const duration = isLong ? Number(entry.readBigUInt64BE()) : entry.readUInt32BE();
    const media = isLong ? Number(entry.readBigInt64BE(8)) : entry.readInt32BE(4);
    return { mediaSeconds: media === -1 ? undefined : media / timescale, durationSeconds: duration / movieTimescale };
  });
}
