import type { Writable } from 'node:stream';
import type { DeviceTools } from '../../ffmpeg/devices/capture-device.js';
import type { IngestInput } from '../../ffmpeg/input-arguments.js';
import type { InputNeed } from '../../ffmpeg/input-needs.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { ModeLimits } from '../../policy/device-mode.js';
import type { SeenPicture } from '../../policy/picture-choice.js';
import type { HeldJpeg } from './newest-jpeg.js';
import type { Problem } from '../../problems.js';

/** A source that is about to be connected to: what is to be known of it before, and done for it meanwhile. */
export interface OpenedSource {
  readonly input: IngestInput;
  /** What FFmpeg has to have for it, where that is not known before. */
  readonly needs?: readonly InputNeed[] | undefined;
  /** What it sends, where that is known beforehand. */
  readonly picture?: SeenPicture | undefined;
  /**
   * Writes what FFmpeg reads from its standard input, until `signal` ends it; absent where FFmpeg reads by itself.
   * @throws Problem where there is nothing more to be had: the connection has failed.
   */
  readonly feed?: ((stdin: Writable, signal: AbortSignal) => Promise<void>) | undefined;
  /** Says more about why its connection ended. */
  readonly explain?: ((problem: Problem) => Promise<Problem>) | undefined;
}

/** What a source is opened with. */
export interface SourceTools {
  readonly ffmpeg: Ffmpeg;
  /** Ends the attempt, and what was opened. */
  readonly signal: AbortSignal;
  /** What may be asked of a source that lets itself be asked, at most. */
  readonly limits?: ModeLimits | undefined;
  /** How capture devices are looked for, where that is not as on this machine. */
  readonly devices?: Partial<DeviceTools> | undefined;
  /** How the connection before was opened, where that one worked: what was found out then need not be asked again. */
  readonly before?: OpenedSource | undefined;
  /** Pictures a second that are fetched, where each has to be fetched by itself. */
  readonly pollRate?: number | undefined;
  /** Told of each JPEG that a source sends, where they pass through this process. */
  readonly onJpeg?: ((picture: HeldJpeg) => void) | undefined;
}
