/** One sample of an MP4 track, in the order it is stored. */
export interface Mp4Sample {
  readonly bytes: Uint8Array;
  /** Decode and presentation time in the track's timescale; the first is 0 or, for dts with B-frames, negative. */
  readonly dts: number;
  readonly pts: number;
  readonly sync: boolean;
}

/** The only track of a plain (not fragmented) MP4 file. */
export interface Mp4Track {
  /** Content of avcC or hvcC (ISO/IEC 14496-15). */
  readonly decoderConfiguration: Uint8Array;
  readonly samples: readonly Mp4Sample[];
}

/** Reads a plain MP4 file with one video track (ISO/IEC 14496-12), as FFmpeg wrote it; throws when a box is missing. */
export function readMp4(file: Buffer): Mp4Track {
  const sampleTable = box(file, 'moov', 'trak', 'mdia', 'minf', 'stbl');
  const sizes = box(sampleTable, 'stsz');
  const count = sizes.readUInt32BE(8);
  const offsets = sampleOffsets(sampleTable, sizes, count);
  const durations = runs(box(sampleTable, 'stts'), count);
  const compositions = optionalBox(sampleTable, 'ctts');
  const shifts = compositions ? runs(compositions, count) : new Array<number>(count).fill(0);
  const syncTable = optionalBox(sampleTable, 'stss');
  const syncSamples = syncTable ? new Set(words(syncTable.subarray(8))) : undefined;
  let dts = 0;
  const samples = offsets.map((offset, index): Mp4Sample => {
    const start = dts;
    dts += durations[index] ?? 0;
    const bytes = file.subarray(offset, offset + sizes.readUInt32BE(12 + index * 4));
    return { bytes, dts: start, pts: start + (shifts[index] ?? 0), sync: syncSamples?.has(index + 1) ?? true };
  });
  const firstPts = Math.min(...samples.slice(0, 16).map((sample) => sample.pts));
  return {
    decoderConfiguration: decoderConfiguration(box(sampleTable, 'stsd')),
    samples: samples.map((sample) => ({ ...sample, dts: sample.dts - firstPts, pts: sample.pts - firstPts })),
  };
}

/** Where each sample lies: chunk offsets (stco), and samples per chunk in runs of chunks (stsc). */
function sampleOffsets(sampleTable: Buffer, sizes: Buffer, count: number): number[] {
  const chunks = words(box(sampleTable, 'stco').subarray(8));
  const chunkRuns = words(box(sampleTable, 'stsc').subarray(8));
  const offsets: number[] = [];
  let run = 0;
  chunks.forEach((chunkOffset, index) => {
    if ((chunkRuns[(run + 1) * 3] ?? Infinity) <= index + 1) {
      run += 1;
    }
    let offset = chunkOffset;
    for (let left = chunkRuns[run * 3 + 1] ?? 0; left > 0 && offsets.length < count; left -= 1) {
      const size = sizes.readUInt32BE(12 + offsets.length * 4);
      offsets.push(offset);
      offset += size;
    }
  });
  return offsets;
}

/** A table of (count, value) pairs, one value per sample; ctts version 1 and FFmpeg's version 0 are both read as signed. */
function runs(table: Buffer, count: number): number[] {
  const values: number[] = [];
  for (let entry = 0; entry < table.readUInt32BE(4); entry += 1) {
    const length = table.readUInt32BE(8 + entry * 8);
    const value = table.readInt32BE(12 + entry * 8);
    for (let index = 0; index < length && values.length < count; index += 1) {
      values.push(value);
    }
  }
  return values;
}

/** avcC or hvcC lies behind the 78 bytes of the visual sample entry. */
function decoderConfiguration(descriptions: Buffer): Uint8Array {
  const entry = descriptions.subarray(8 + 8 + 78);
  return optionalBox(entry, 'avcC') ?? box(entry, 'hvcC');
}

function words(bytes: Buffer): number[] {
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readUInt32BE(index * 4));
}

function box(bytes: Buffer, ...path: readonly string[]): Buffer {
  return path.reduce((inside, name) => {
    const found = optionalBox(inside, name);
    if (!found) {
      throw new Error(`The MP4 file has no ${name} box.`);
    }
    return found;
  }, bytes);
}

function optionalBox(bytes: Buffer, name: string): Buffer | undefined {
  for (let offset = 0; offset + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(offset);
    if (bytes.toString('latin1', offset + 4, offset + 8) === name) {
      return bytes.subarray(offset + 8, offset + size);
    }
    offset += Math.max(8, size);
  }
  return undefined;
}
