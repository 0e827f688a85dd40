import type { Writable } from 'node:stream';
import type { IngestInput } from '../../ffmpeg/input-arguments.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { SeenPicture } from '../../policy/picture-choice.js';

/** A source that is about to be connected to: what is to be known of it before, and done for it meanwhile. */
export interface OpenedSource {
  readonly input: IngestInput;
  /** What it sends, where that is known beforehand. */
  readonly picture?: SeenPicture | undefined;
  /**
   * Writes what FFmpeg reads from its standard input, until `signal` ends it; absent where FFmpeg reads by itself.
   * @throws Problem where there is nothing more to be had: the connection has failed.
   */
  readonly feed?: ((stdin: Writable, signal: AbortSignal) => Promise<void>) | undefined;
}

/** What a source is opened with. */
export interface SourceTools {
  readonly ffmpeg: Ffmpeg;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}
