import { Buffer } from 'node:buffer';
import { fourcc } from './fmp4-boxes.js';

export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(8 + content.length, fourcc(type)), content]);
}

export function fullBox(type: string, version: number, flags: number, ...parts: readonly Uint8Array[]): Buffer {
  return box(type, u32(version * 0x1000000 + flags), ...parts);
}

export function text(letters: string): Buffer {
  return Buffer.from(letters, 'latin1');
}

export function u32(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  put(out, 0, ...values);
  return out;
}

export function u16(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => out.writeUInt16BE(value, index * 2));
  return out;
}

/** Writes 32-bit numbers one after the other, and gives the position after them. */
export function put(target: Buffer, at: number, ...values: readonly number[]): number {
  let next = at;
  for (const value of values) {
    next = target.writeUInt32BE(value, next);
  }
  return next;
}
