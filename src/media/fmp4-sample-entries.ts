import { parseAudioSpecificConfig } from './audio-specific-config.js';
import type { ByteReader } from './byte-reader.js';
import { forEachBox, fourcc, fourccText } from './fmp4-boxes.js';

/** What stsd says of a track's samples (ISO/IEC 14496-12 8.5.2). Of the other kind's fields all are 0 or empty. */
export interface SampleEntry {
  /** Of sound: the box itself, with its header. A copy. */
  readonly box: Uint8Array;
  readonly codec: string;
  readonly config: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly sampleRate: number;
}

const boxType = { avcC: fourcc('avcC'), hvcC: fourcc('hvcC'), dOps: fourcc('dOps'), esds: fourcc('esds'), wave: fourcc('wave') } as const;

const codecs: Readonly<Record<string, string>> = {
  avc1: 'h264',
  avc3: 'h264',
  hvc1: 'hevc',
  hev1: 'hevc',
  mp4a: 'aac',
  ulaw: 'pcm_mulaw',
  alaw: 'pcm_alaw',
  Opus: 'opus',
  '.mp3': 'mp3',
};

/** objectTypeIndication in esds of MPEG-1 and MPEG-2 audio (mp4ra.org). */
const mp3ObjectTypes: readonly number[] = [0x69, 0x6b];

/** VisualSampleEntry (ISO/IEC 14496-12 12.1.3). */
export function readVideoEntry(bytes: Uint8Array, type: number, entry: ByteReader): SampleEntry {
  entry.skip(24);
  const width = entry.u16();
  const height = entry.u16();
  entry.skip(50);
  let config = new Uint8Array();
  forEachBox(entry, bytes, (child, box) => {
    if (child === boxType.avcC || child === boxType.hvcC) {
      config = new Uint8Array(box.bytes(box.left));
    }
  });
  return { box: new Uint8Array(), codec: codecOf(type), config, width, height, channels: 0, sampleRate: 0 };
}

/** AudioSampleEntry (ISO/IEC 14496-12 12.2.3), or QuickTime's sound description in its versions 0 to 2. */
export function readAudioEntry(bytes: Uint8Array, type: number, entry: ByteReader, stsdVersion: number): SampleEntry {
  const box = copyBox(bytes, type, entry);
  entry.skip(8);
  const version = entry.u16();
  entry.skip(6);
  let channels = entry.u16();
  entry.skip(6);
  let sampleRate = entry.u16();
  entry.skip(2);
  if (stsdVersion === 0 && version === 1) {
    entry.skip(16);
  } else if (stsdVersion === 0 && version === 2) {
    entry.skip(4);
    const rate = entry.bytes(8);
    sampleRate = Math.round(new DataView(rate.buffer, rate.byteOffset, 8).getFloat64(0));
    channels = entry.u32();
    entry.skip(20);
  }
  const found: SampleEntry = { box, codec: codecOf(type), config: new Uint8Array(), width: 0, height: 0, channels, sampleRate };
  return withAudioConfig(bytes, entry, found);
}

function copyBox(bytes: Uint8Array, type: number, content: ByteReader): Uint8Array {
  const box = new Uint8Array(8 + content.left);
  const header = new DataView(box.buffer);
  header.setUint32(0, box.length);
  header.setUint32(4, type);
  box.set(bytes.subarray(content.position, content.position + content.left), 8);
  return box;
}

function withAudioConfig(bytes: Uint8Array, boxes: ByteReader, entry: SampleEntry): SampleEntry {
  let result = entry;
  forEachBox(boxes, bytes, (type, box) => {
    if (type === boxType.wave) {
      result = withAudioConfig(bytes, box, result);
    } else if (type === boxType.dOps) {
      const config = new Uint8Array(box.bytes(box.left));
      result = { ...result, config, channels: config[1] ?? result.channels, sampleRate: 48_000 };
    } else if (type === boxType.esds) {
      result = withEsds(box, result);
    }
  });
  return result;
}

/** esds: descriptors within descriptors (ISO/IEC 14496-1 7.2.6). FFmpeg gives every AAC track two channels in the entry: the config has the truth. */
function withEsds(esds: ByteReader, entry: SampleEntry): SampleEntry {
  esds.skip(4);
  let result = entry;
  while (esds.left > 0) {
    const tag = esds.u8();
    const length = readDescriptorLength(esds);
    if (tag === 3) {
      esds.skip(2); // ES_ID
      const flags = esds.u8();
      esds.skip((flags & 0x80) === 0 ? 0 : 2);
      esds.skip((flags & 0x40) === 0 ? 0 : esds.u8());
      esds.skip((flags & 0x20) === 0 ? 0 : 2);
    } else if (tag === 4) {
      const codec = mp3ObjectTypes.includes(esds.u8()) ? 'mp3' : result.codec;
      esds.skip(12);
      result = { ...result, codec };
    } else if (tag === 5) {
      const config = new Uint8Array(esds.bytes(length));
      result = { ...result, config, ...(result.codec === 'aac' ? parseAudioSpecificConfig(config) : {}) };
    } else {
      esds.skip(length);
    }
  }
  return result;
}

function readDescriptorLength(reader: ByteReader): number {
  let length = 0;
  for (let more = true, bytes = 0; more && bytes < 4; bytes++) {
    const byte = reader.u8();
    length = length * 128 + (byte & 0x7f);
    more = byte >= 0x80;
  }
  return length;
}

function codecOf(type: number): string {
  const letters = fourccText(type);
  return codecs[letters] ?? letters;
}
