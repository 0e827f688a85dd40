import { Buffer } from 'node:buffer';

export type Part = Uint8Array | readonly number[];

/** A box of these parts; lists of numbers are 32-bit fields. */
export function box(type: string, ...parts: readonly Part[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : words(...part))));
  return Buffer.concat([words(content.length + 8), Buffer.from(type, 'latin1'), content]);
}

/** 4.2: a size of 1 stands for 64 bits that follow the type. */
export function wideBox(type: string, content: Uint8Array): Buffer {
  return Buffer.concat([words(1), Buffer.from(type, 'latin1'), words(0, content.length + 16), content]);
}

export function words(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => out.writeUInt32BE(value >>> 0, index * 4));
  return out;
}

export interface TrackOptions {
  readonly id?: number;
  readonly timescale?: number;
  readonly handler?: string;
  /** Sample entry. */
  readonly entry: Uint8Array;
  readonly edits?: Uint8Array;
  readonly version?: 0 | 1;
}

export function trak({ id = 1, timescale = 1000, handler = 'vide', entry, edits, version = 0 }: TrackOptions): Buffer {
  const times = version === 1 ? [0, 0, 0, 0] : [0, 0];
  const head = words(version << 24, ...times);
  return box(
    'trak',
    box('tkhd', head, words(id, 0, 0)),
    ...(edits ? [box('edts', box('elst', edits))] : []),
    box('mdia', box('mdhd', head, words(timescale, 0)), box('hdlr', words(0, 0), Buffer.from(handler), words(0, 0, 0, 0)), box('minf', box('stbl', box('stsd', [0, 1], entry)))),
  );
}

/** A movie whose times are in milliseconds. `trex`: id, description index, duration, size, flags. */
export function moov(traks: readonly Uint8Array[], trexs: readonly (readonly number[])[]): Buffer {
  return box('moov', box('mvhd', [0, 0, 0, 1000]), ...traks, box('mvex', ...trexs.map((fields) => box('trex', [0, ...fields]))));
}

export function videoEntry(type: string, ...boxes: readonly Uint8Array[]): Buffer {
  const fields = Buffer.alloc(78);
  fields.writeUInt16BE(640, 24);
  fields.writeUInt16BE(360, 26);
  return box(type, fields, ...boxes);
}

export function audioEntry(type: string, { version = 0, channels = 1, sampleRate = 8000 }, ...boxes: readonly Uint8Array[]): Buffer {
  const fields = Buffer.alloc(28);
  fields.writeUInt16BE(version, 8);
  fields.writeUInt16BE(version === 2 ? 3 : channels, 16);
  fields.writeUInt16BE(version === 2 ? 1 : sampleRate, 24);
  const more = Buffer.alloc(version === 1 ? 16 : version === 2 ? 36 : 0);
  if (version === 2) {
    more.writeDoubleBE(sampleRate, 4);
    more.writeUInt32BE(channels, 12);
  }
  return box(type, fields, more, ...boxes);
}
