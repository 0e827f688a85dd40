/**
 * The values of HomeKit Data Stream messages. Own code, not hap-nodejs's reader: that one loses data of up to 32 bytes,
 * and counts one-byte values among those that later ones refer back to, which its own writer does not. Pure.
 */

/** What a message may hold. `undefined` in a dictionary is left out when written, and never read. */
export type DataStreamValue = null | boolean | number | string | Buffer | readonly DataStreamValue[] | DataStreamDictionary;

export interface DataStreamDictionary {
  readonly [key: string]: DataStreamValue | undefined;
}

const tag = {
  true: 1, false: 2, terminator: 3, null: 4, uuid: 5, date: 6, minusOne: 7, smallInteger: 8,
  int8: 0x30, int16: 0x31, int32: 0x32, int64: 0x33, float32: 0x35, float64: 0x36,
  shortText: 0x40, text8: 0x61, text64: 0x64, textToNul: 0x6f,
  shortData: 0x70, data8: 0x91, data64: 0x94, dataToTerminator: 0x9f,
  reference: 0xa0, array: 0xd0, arrayToTerminator: 0xdf, dictionary: 0xe0, dictionaryToTerminator: 0xef,
} as const;

const longestCounted = 14;
const largestSmallInteger = 39;
/** hap-nodejs 2.2 does not read 39, and drops the message without a word. */
const largestWritten = 38;

/** Writes one value; whole numbers beyond 38 as 64 bits, nothing by reference. Throws on what the format cannot hold. */
export function encodeDataStream(value: DataStreamValue): Buffer {
  if (value === null) {
    return Buffer.of(tag.null);
  }
  if (typeof value === 'boolean') {
    return Buffer.of(value ? tag.true : tag.false);
  }
  if (typeof value === 'number') {
    return encodeNumber(value);
  }
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([lengthPrefix(bytes.length, tag.shortText, tag.text8), bytes]);
  }
  if (Buffer.isBuffer(value)) {
    return Buffer.concat([lengthPrefix(value.length, tag.shortData, tag.data8), value]);
  }
  if (isArray(value)) {
    return collection(value.map(encodeDataStream), value.length, tag.array);
  }
  const entries = Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [[key, each] as const]));
  return collection(entries.flatMap(([key, each]) => [encodeDataStream(key), encodeDataStream(each)]), entries.length, tag.dictionary);
}

/** Reads one value that fills `bytes` exactly; throws otherwise. Data points into `bytes`. */
export function decodeDataStream(bytes: Buffer): DataStreamValue {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (value === terminator || !reader.atEnd()) {
    throw new Error(`A data stream message of ${bytes.length} bytes does not end where its value does.`);
  }
  return value;
}

function encodeNumber(value: number): Buffer {
  if (!Number.isInteger(value)) {
    const bytes = Buffer.alloc(9, tag.float64);
    bytes.writeDoubleLE(value, 1);
    return bytes;
  }
  if (value >= -1 && value <= largestWritten) {
    return Buffer.of(tag.smallInteger + value);
  }
  const bytes = Buffer.alloc(9, tag.int64);
  bytes.writeBigInt64LE(BigInt(value), 1);
  return bytes;
}

function lengthPrefix(length: number, shortTag: number, tag8: number): Buffer {
  if (length <= 32) {
    return Buffer.of(shortTag + length);
  }
  const bytes = Buffer.alloc(5, tag8 + 2);
  bytes.writeUInt32LE(length, 1);
  return bytes;
}

function collection(parts: readonly Buffer[], count: number, countedTag: number): Buffer {
  return count <= longestCounted
    ? Buffer.concat([Buffer.of(countedTag + count), ...parts])
    : Buffer.concat([Buffer.of(countedTag + 15), ...parts, Buffer.of(tag.terminator)]);
}

function isArray(value: readonly DataStreamValue[] | DataStreamDictionary): value is readonly DataStreamValue[] {
  return Array.isArray(value);
}

const terminator = Symbol('terminator');

class Reader {
  private offset = 0;
  /** What later values may refer back to, in order. */
  private readonly seen: DataStreamValue[] = [];

  constructor(private readonly bytes: Buffer) {}

  atEnd(): boolean {
    return this.offset === this.bytes.length;
  }

  value(): DataStreamValue | typeof terminator {
    const kind = this.take(1).readUInt8();
    switch (kind) {
      case tag.true: return true;
      case tag.false: return false;
      case tag.null: return null;
      case tag.terminator: return terminator;
      case tag.uuid: return this.remember(this.take(16).toString('hex'));
      case tag.int8: return this.remember(this.take(1).readInt8());
      case tag.int16: return this.remember(this.take(2).readInt16LE());
      case tag.int32: return this.remember(this.take(4).readInt32LE());
      case tag.int64: return this.remember(Number(this.take(8).readBigInt64LE()));
      case tag.float32: return this.remember(this.take(4).readFloatLE());
      case tag.date:
      case tag.float64: return this.remember(this.take(8).readDoubleLE());
      case tag.textToNul: return this.remember(this.takeTo(0).toString());
      case tag.dataToTerminator: return this.remember(this.takeTo(tag.terminator));
      case tag.arrayToTerminator: return [...this.untilTerminator()];
      case tag.dictionaryToTerminator: return this.dictionary(this.untilTerminator());
    }
    if (kind >= tag.minusOne && kind <= tag.smallInteger + largestSmallInteger) {
      return kind - tag.smallInteger;
    }
    if (kind >= tag.shortText && kind <= tag.text64) {
      return this.remember(this.take(this.length(kind, tag.shortText, tag.text8)).toString());
    }
    if (kind >= tag.shortData && kind <= tag.data64) {
      return this.remember(this.take(this.length(kind, tag.shortData, tag.data8)));
    }
    if (kind >= tag.reference && kind < tag.array) {
      return this.seen[kind - tag.reference] ?? this.fail(`refers to value ${kind - tag.reference}, which it does not have`);
    }
    if (kind >= tag.array && kind < tag.arrayToTerminator) {
      return [...this.counted(kind - tag.array)];
    }
    if (kind >= tag.dictionary && kind < tag.dictionaryToTerminator) {
      return this.dictionary(this.counted((kind - tag.dictionary) * 2));
    }
    return this.fail(`has the unknown tag ${kind}`);
  }

  private remember<T extends DataStreamValue>(value: T): T {
    this.seen.push(value);
    return value;
  }

  /** The short forms hold their length in the tag; the others have 1, 2, 4 or 8 bytes of it. */
  private length(kind: number, shortTag: number, tag8: number): number {
    if (kind < tag8) {
      return kind - shortTag;
    }
    const size = 2 ** (kind - tag8);
    return size === 8 ? Number(this.take(8).readBigUInt64LE()) : this.take(size).readUIntLE(0, size);
  }

  private *counted(count: number): Generator<DataStreamValue> {
    for (let index = 0; index < count; index += 1) {
      const value = this.value();
      yield value === terminator ? this.fail('ends a collection too early') : value;
    }
  }

  private *untilTerminator(): Generator<DataStreamValue> {
    for (let value = this.value(); value !== terminator; value = this.value()) {
      yield value;
    }
  }

  private dictionary(items: Iterable<DataStreamValue>): DataStreamDictionary {
    const entries: [string, DataStreamValue][] = [];
    let key: string | undefined;
    for (const item of items) {
      if (key !== undefined) {
        entries.push([key, item]);
        key = undefined;
      } else {
        key = typeof item === 'string' ? item : this.fail('has a key that is no text');
      }
    }
    return Object.fromEntries(entries);
  }

  private take(length: number): Buffer {
    if (this.offset + length > this.bytes.length) {
      this.fail(`ends ${this.offset + length - this.bytes.length} bytes too early`);
    }
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  private takeTo(end: number): Buffer {
    const at = this.bytes.indexOf(end, this.offset);
    const bytes = this.take((at < 0 ? this.bytes.length + 1 : at) - this.offset);
    this.offset += 1;
    return bytes;
  }

  private fail(what: string): never {
    throw new Error(`A data stream message of ${this.bytes.length} bytes ${what} (at byte ${this.offset}).`);
  }
}
