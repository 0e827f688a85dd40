import type { Footage } from './footage.js';

/** Largest RTP payload, so that a packet fits into an Ethernet frame also when it is encrypted. */
const largestPayload = 1400;

/** The RTP payloads of one access unit or audio frame; the last one carries the marker. */
export type Payloads = readonly Uint8Array[];

type Packetise = (nalUnits: readonly Uint8Array[], together: readonly Uint8Array[]) => Payloads;

/**
 * The payloads of one access unit: RFC 6184 (single NAL unit, FU-A, STAP-A) or RFC 7798 (single, FU, AP).
 * `parameterSets` go in front, in one aggregation packet.
 */
export function videoPayloads(codec: Footage['settings']['codec'], nalUnits: readonly Uint8Array[], parameterSets: readonly Uint8Array[]): Payloads {
  const packetise: Record<typeof codec, Packetise> = { h264: h264Payloads, hevc: hevcPayloads };
  return packetise[codec](nalUnits, parameterSets);
}

function h264Payloads(nalUnits: readonly Uint8Array[], together: readonly Uint8Array[]): Payloads {
  const importance = Math.max(0, ...together.map((nalUnit) => (nalUnit[0] ?? 0) & 0x60));
  const aggregate = together.length > 0 ? [aggregation(Uint8Array.of(importance | 24), together)] : [];
  const payloads = nalUnits.map((nalUnit) => {
    const header = nalUnit[0] ?? 0;
    return fragments(nalUnit, 1, (start, end) => Uint8Array.of((header & 0xe0) | 28, flags(start, end) | (header & 0x1f)));
  });
  return [...aggregate, ...payloads.flat()];
}

function hevcPayloads(nalUnits: readonly Uint8Array[], together: readonly Uint8Array[]): Payloads {
  const aggregate = together.length > 0 ? [aggregation(Uint8Array.of(48 << 1, 1), together)] : [];
  const payloads = nalUnits.map((nalUnit) => {
    const [first = 0, second = 0] = nalUnit;
    return fragments(nalUnit, 2, (start, end) => Uint8Array.of((first & 0x81) | (49 << 1), second, flags(start, end) | ((first >> 1) & 0x3f)));
  });
  return [...aggregate, ...payloads.flat()];
}

/** One AAC frame per packet, mode AAC-hbr: a 16-bit length of headers, then 13 bits of size and 3 of index (RFC 3640 3.3.6). */
export function aacPayload(frame: Uint8Array): Uint8Array {
  const payload = Buffer.alloc(4 + frame.length);
  payload.writeUInt16BE(16, 0);
  payload.writeUInt16BE(frame.length << 3, 2);
  payload.set(frame, 4);
  return payload;
}

/** Start and end bit of a fragmentation unit header. */
function flags(start: boolean, end: boolean): number {
  return (start ? 0x80 : 0) | (end ? 0x40 : 0);
}

/** The NAL unit itself where it fits, else its content without its header, in fragments with headers of their own. */
function fragments(nalUnit: Uint8Array, headerBytes: number, fragmentHeader: (start: boolean, end: boolean) => Uint8Array): Uint8Array[] {
  if (nalUnit.length <= largestPayload) {
    return [nalUnit];
  }
  const step = largestPayload - headerBytes - 1;
  const payloads: Uint8Array[] = [];
  for (let offset = headerBytes; offset < nalUnit.length; offset += step) {
    const end = Math.min(offset + step, nalUnit.length);
    payloads.push(Buffer.concat([fragmentHeader(offset === headerBytes, end === nalUnit.length), nalUnit.subarray(offset, end)]));
  }
  return payloads;
}

function aggregation(header: Uint8Array, nalUnits: readonly Uint8Array[]): Uint8Array {
  const sized = nalUnits.flatMap((nalUnit) => [Uint8Array.of(nalUnit.length >> 8, nalUnit.length & 0xff), nalUnit]);
  return Buffer.concat([header, ...sized]);
}
