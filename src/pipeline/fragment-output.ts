import type { Readable } from 'node:stream';
import { FormatError } from '../media/format-error.js';
import type { Fmp4Reader } from '../media/fmp4-reader.js';

/** Reads the MP4 fragments that an FFmpeg writes. `onUnreadable` is told where they are damaged; the reader takes nothing more then. */
export function readFragments(output: Readable, reader: Fmp4Reader, onUnreadable: (error: FormatError) => void): void {
  output.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      if (!(error instanceof FormatError)) {
        throw error;
      }
      onUnreadable(error);
    }
  });
}
