import { ByteReader } from './byte-reader.js';
import { FormatError } from './format-error.js';
import { jpegMarkers, standsAlone } from './jpeg-markers.js';

/** What a JPEG says of itself before its first scan (ITU-T T.81 B.2). */
export interface JpegHeader {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly chroma: '4:2:0' | '4:2:2' | '4:4:4' | 'grey' | 'other';
  /** Whether it brings its Huffman tables. Motion JPEG may leave them out, and means the usual ones; nothing but a video decoder reads that. */
  readonly tables: boolean;
  /** Where its first scan begins, in bytes from its beginning. */
  readonly scanAt: number;
}

/** Horizontal and vertical sampling of each component, as the frame header has it. */
const chromas: Readonly<Record<string, JpegHeader['chroma']>> = { '22,11,11': '4:2:0', '21,11,11': '4:2:2', '22,12,12': '4:2:2', '11,11,11': '4:4:4' };

/** @throws FormatError where it is no JPEG that can be shown. */
export function readJpegHeader(jpeg: Uint8Array): JpegHeader {
  const reader = new ByteReader(jpeg);
  if (reader.u16() !== jpegMarkers.startOfImage) {
    throw new FormatError('no JPEG');
  }
  let frame: Pick<JpegHeader, 'width' | 'height' | 'chroma'> | undefined;
  let tables = false;
  for (;;) {
    const scanAt = reader.position;
    const marker = nextMarker(reader);
    if (marker === jpegMarkers.endOfImage) {
      throw new FormatError('a JPEG without a picture');
    }
    if (standsAlone(marker)) {
      continue;
    }
    const length = reader.u16();
    if (length < 2) {
      throw new FormatError('a JPEG segment shorter than its own length');
    }
    const segment = reader.bytes(length - 2);
    if (isFrameHeader(marker)) {
      frame = readFrameHeader(new ByteReader(segment));
    }
    tables ||= marker === jpegMarkers.huffmanTables;
    if (marker === jpegMarkers.startOfScan) {
      if (!frame) {
        throw new FormatError('a JPEG whose size is not said');
      }
      return { ...frame, tables, scanAt };
    }
  }
}

/** Any number of 0xFF may stand before a marker (B.1.1.2). */
function nextMarker(reader: ByteReader): number {
  if (reader.u8() !== 0xff) {
    throw new FormatError('no marker where a JPEG has one');
  }
  let code = 0xff;
  while (code === 0xff) {
    code = reader.u8();
  }
  return 0xff00 + code;
}

/** SOF0 to SOF15 (table B.1). DHT, JPG and DAC lie in between. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xffc0 && marker <= 0xffcf && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc;
}

function readFrameHeader(segment: ByteReader): Pick<JpegHeader, 'width' | 'height' | 'chroma'> {
  segment.skip(1); // bits a sample
  const height = segment.u16();
  const width = segment.u16();
  if (width === 0 || height === 0) {
    throw new FormatError('a JPEG without a size'); // A height that follows the first scan (DNL) is allowed, and written by nobody.
  }
  const samplings = Array.from({ length: segment.u8() }, () => {
    segment.skip(1); // its number
    const sampling = segment.u8().toString(16);
    segment.skip(1); // its quantization table
    return sampling;
  });
  return { width, height, chroma: samplings.length === 1 ? 'grey' : (chromas[samplings.join(',')] ?? 'other') };
}
