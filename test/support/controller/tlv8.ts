/** TLV8 as HAP R13 14.1 has it: type, length, value; a value over 255 bytes goes on in further items of its type. Pure. */

/** What an item may hold: bytes as they are, a number as one byte, a text as UTF-8. */
export type TlvValue = Uint8Array | number | string;

/** Encodes items in the order given. Numbers are one byte: wider ones come from `uint16`, `uint32` or `float32`. */
export function encodeTlv(...items: readonly (readonly [type: number, value: TlvValue])[]): Buffer {
  return Buffer.concat(items.flatMap(([type, value]) => encodeItem(type, toBytes(value))));
}

/** Decodes into a map of type to bytes. Throws when an item ends after the data does. */
export function decodeTlv(data: Uint8Array): Map<number, Buffer> {
  const bytes = Buffer.from(data);
  const items = new Map<number, Buffer>();
  let previous: number | undefined;
  for (let offset = 0; offset < bytes.length;) {
    const type = bytes[offset];
    const length = bytes[offset + 1];
    if (type === undefined || length === undefined || offset + 2 + length > bytes.length) {
      throw new Error(`A TLV8 item at byte ${offset} ends after its ${bytes.length} bytes.`);
    }
    const value = bytes.subarray(offset + 2, offset + 2 + length);
    const before = previous === type ? items.get(type) : undefined;
    items.set(type, before ? Buffer.concat([before, value]) : value);
    previous = type;
    offset += 2 + length;
  }
  return items;
}

/** The item of a type. Throws, naming `what`, when there is none. */
export function tlvItem(items: ReadonlyMap<number, Buffer>, type: number, what: string): Buffer {
  const value = items.get(type);
  if (value === undefined) {
    throw new Error(`The accessory's answer has no ${what} (TLV type ${type}).`);
  }
  return value;
}

/** All items of a type in a list: they stand apart by an empty item between them (HAP R13 14.1.2). */
export function tlvList(data: Buffer, type: number): Buffer[] {
  const found: Buffer[] = [];
  let open: Buffer | undefined;
  for (let offset = 0; offset + 2 <= data.length;) {
    const length = data.readUInt8(offset + 1);
    const value = data.subarray(offset + 2, offset + 2 + length);
    if (data.readUInt8(offset) === type) {
      open = open ? Buffer.concat([open, value]) : value;
      if (length < 255) {
        found.push(open);
        open = undefined;
      }
    }
    offset += 2 + length;
  }
  return found;
}

/** Two bytes, little-endian. */
export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** Four bytes, little-endian. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** An IEEE float, little-endian: how HAP carries RTCP intervals. */
export function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function toBytes(value: TlvValue): Uint8Array {
  if (typeof value === 'number') {
    return Uint8Array.of(value);
  }
  return typeof value === 'string' ? Buffer.from(value) : value;
}

function encodeItem(type: number, value: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  do {
    const part = value.subarray(offset, offset + 255);
    parts.push(Uint8Array.of(type, part.length), part);
    offset += 255;
  } while (offset < value.length);
  return parts;
}
