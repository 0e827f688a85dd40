import { Buffer } from 'node:buffer';
import type { JpegHeader } from './jpeg-header.js';
import { jpegMarkers } from './jpeg-markers.js';

/** The Huffman tables that motion JPEG means where it leaves them out (ITU-T T.81 annex K.3): how many codes of each length, then what they stand for. In hex. */
const usualTables = [
  // Table K.3: luminance, DC.
  { destination: 0x00, lengths: '00010501010101010100000000000000', values: '000102030405060708090a0b' },
  // Table K.4: chrominance, DC.
  { destination: 0x01, lengths: '00030101010101010101010000000000', values: '000102030405060708090a0b' },
  // Table K.5: luminance, AC.
  { destination: 0x10, lengths: '0002010303020403050504040000017d', values: [
    '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a63646566676869',
    '6a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8',
    'f9fa',
  ].join('') },
  // Table K.6: chrominance, AC.
  { destination: 0x11, lengths: '00020102040403040705040400010277', values: [
    '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768',
    '696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8',
    'f9fa',
  ].join('') },
] as const;

const tables = usualTables.map(({ destination, lengths, values }) => Buffer.concat([Buffer.from([destination]), Buffer.from(lengths + values, 'hex')]));
const segment = huffmanSegment(Buffer.concat(tables));

/** The picture with its Huffman tables in it, so that anybody can show it. */
export function withTables(jpeg: Buffer, { tables: has, scanAt }: Pick<JpegHeader, 'tables' | 'scanAt'>): Buffer {
  return has ? jpeg : Buffer.concat([jpeg.subarray(0, scanAt), segment, jpeg.subarray(scanAt)]);
}

function huffmanSegment(content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(jpegMarkers.huffmanTables, 0);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}
