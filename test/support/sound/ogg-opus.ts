/** Opus packets in Ogg (RFC 3533, RFC 7845), as far as FFmpeg needs it to read and we need it to read FFmpeg. Pure. */

const opusRate = 48_000;
const pageHeaderBytes = 27;
const flags = { first: 2, last: 4 } as const;

/** An Opus packet and how long it lasts. */
export interface TimedOpus {
  readonly payload: Uint8Array;
  readonly opusMs: number;
}

/** A file of one channel in which each packet has a page of its own, from time 0 on without a gap, and no run-up is left out. */
export function writeOggOpus(packets: readonly TimedOpus[]): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head.set([1, 1], 8);
  head.writeUInt32LE(opusRate, 12);
  const tags = Buffer.alloc(16);
  tags.write('OpusTags', 0, 'latin1');
  const pages = [page(head, 0, 0, flags.first), page(tags, 1, 0, 0)];
  let granule = 0;
  packets.forEach(({ payload, opusMs }, index) => {
    granule += (opusMs * opusRate) / 1000;
    pages.push(page(payload, index + 2, granule, index === packets.length - 1 ? flags.last : 0));
  });
  return Buffer.concat(pages);
}

/** The packets of a file with one stream, without its two headers. */
export function readOggOpus(file: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let open: Buffer[] = [];
  for (let offset = 0; offset + pageHeaderBytes <= file.length;) {
    const segments = file.subarray(offset + pageHeaderBytes, offset + pageHeaderBytes + file.readUInt8(offset + 26));
    offset += pageHeaderBytes + segments.length;
    for (const bytes of segments) {
      open.push(file.subarray(offset, offset + bytes));
      offset += bytes;
      // A packet ends with a segment that is not full.
      if (bytes < 255) {
        packets.push(Buffer.concat(open));
        open = [];
      }
    }
  }
  return packets.slice(2);
}

function page(packet: Uint8Array, sequence: number, granule: number, type: number): Buffer {
  const segments = Uint8Array.from({ length: Math.floor(packet.length / 255) + 1 }, (_, index) => Math.min(255, packet.length - index * 255));
  const header = Buffer.alloc(pageHeaderBytes);
  header.write('OggS', 0, 'latin1');
  header.writeUInt8(type, 5);
  header.writeBigUInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(1, 14); // The number of the only stream.
  header.writeUInt32LE(sequence, 18);
  header.writeUInt8(segments.length, 26);
  const whole = Buffer.concat([header, segments, packet]);
  whole.writeUInt32LE(checksum(whole), 22);
  return whole;
}

/** CRC-32 with the polynomial 04c11db7, highest bit first, from 0 (RFC 3533 6). */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) {
    crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  }
  return crc;
});

function checksum(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => ((crc << 8) ^ (crcTable[(crc >>> 24) ^ byte] ?? 0)) >>> 0, 0);
}
