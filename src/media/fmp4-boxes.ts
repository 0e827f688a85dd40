import { ByteReader } from './byte-reader.js';
import { FormatError } from './format-error.js';

/** A box type as the number it is on the wire: comparing numbers spares a string per box. */
export function fourcc(letters: string): number {
  let type = 0;
  for (let index = 0; index < 4; index++) {
    type = type * 0x100 + letters.charCodeAt(index);
  }
  return type;
}

/** 'moov'; unprintable bytes as '?'. */
export function fourccText(type: number): string {
  return [24, 16, 8, 0].map((shift) => (type >>> shift) & 0xff).map((byte) => (isLetter(byte) ? String.fromCharCode(byte) : '?')).join('');
}

/** Whether this can be a box type: printable letters, or QuickTime's copyright sign in front. */
export function isBoxType(type: number): boolean {
  return (isLetter(type >>> 24) || type >>> 24 === 0xa9) && isLetter((type >>> 16) & 0xff) && isLetter((type >>> 8) & 0xff) && isLetter(type & 0xff);
}

function isLetter(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

/**
 * Calls `visit` with each child box and a reader of its content (ISO/IEC 14496-12 4.2). Less than a header's bytes at the end are
 * padding (QuickTime ends lists with four zero bytes). Throws `FormatError` where a box runs past its parent.
 */
export function forEachBox(parent: ByteReader, bytes: Uint8Array, visit: (type: number, content: ByteReader) => void): void {
  while (parent.left >= 8) {
    const size32 = parent.u32();
    const type = parent.u32();
    const contentLength = size32 === 1 ? parent.u64() - 16 : size32 - 8;
    if (contentLength < 0 || contentLength > parent.left) {
      throw new FormatError(`box ${fourccText(type)} of ${contentLength} bytes where ${parent.left} are left`);
    }
    const start = parent.position;
    parent.skip(contentLength);
    visit(type, new ByteReader(bytes, start, start + contentLength));
  }
}
