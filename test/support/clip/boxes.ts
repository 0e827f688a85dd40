/** An MP4 box (ISO/IEC 14496-12 4.2): `start` and `end` are offsets in `bytes`, `body` is what follows its header. */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly body: Buffer;
}

/** The boxes that fill `bytes` exactly; throws where one ends elsewhere. `where` is named in the message. */
export function readBoxes(bytes: Buffer, where: string): Box[] {
  const boxes: Box[] = [];
  for (let start = 0; start < bytes.length;) {
    const left = bytes.length - start;
    const type = left < 8 ? '' : bytes.toString('latin1', start + 4, start + 8);
    const short = left < 8 ? 0 : bytes.readUInt32BE(start);
    const header = short === 1 ? 16 : 8;
    const size = short === 1 && left >= 16 ? Number(bytes.readBigUInt64BE(start + 8)) : short;
    if (size < header || size > left) {
      throw new Error(`${where}: the box "${type}" at byte ${start} says it has ${size} bytes, and ${left} are left.`);
    }
    boxes.push({ type, start, end: start + size, body: bytes.subarray(start + header, start + size) });
    start += size;
  }
  return boxes;
}

/** The box at the end of a path; throws, naming it, where there is none. */
export function findBox(bytes: Buffer, ...path: readonly string[]): Buffer {
  return optionalBox(bytes, ...path) ?? fail(`There is no box ${path.join('/')}.`);
}

/** The first box at the end of a path, or undefined. */
export function optionalBox(bytes: Buffer, ...path: readonly string[]): Buffer | undefined {
  let inside: Buffer | undefined = bytes;
  for (const type of path) {
    inside = inside && boxesOf(inside, type)[0];
  }
  return inside;
}

/** All boxes of a type directly in `bytes`. */
export function boxesOf(bytes: Buffer, type: string): Buffer[] {
  return readBoxes(bytes, `Looking for ${type}`).flatMap((box) => (box.type === type ? [box.body] : []));
}

/** Throws, naming `where`, unless the boxes of a packet are exactly those wanted. */
export function expectBoxes(packet: Buffer, where: string, wanted: readonly string[]): void {
  const types = readBoxes(packet, where).map(({ type }) => type);
  if (types.join() !== wanted.join()) {
    throw new Error(`${where} is made of ${types.join(', ')} instead of ${wanted.join(' and ')}.`);
  }
}

function fail(message: string): never {
  throw new Error(message);
}
