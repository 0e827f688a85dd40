import { diagnoseIngest } from '../../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import { lookArguments } from '../../ffmpeg/ingest-arguments.js';
import type { InputManner } from '../../ffmpeg/input-arguments.js';
import { inputSecrets } from '../../ffmpeg/input-secrets.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import { readBanner, type SeenStreams } from '../../ffmpeg/stream-banner.js';
import { Problem } from '../../problems.js';
import type { OpenedSource } from './opened-source.js';

/** Connecting, and waiting for parameter sets that come late. */
const withinMs = 20_000;

export interface LookOptions extends Omit<InputManner, 'sound'> {
  readonly ffmpeg: Ffmpeg;
  readonly opened: OpenedSource;
  readonly signal: AbortSignal;
  readonly owner?: FfmpegOwner | undefined;
}

/**
 * Connects once to see what a source sends, and disconnects.
 * @throws Problem where it cannot be connected to, or sends no picture.
 */
export async function lookAt({ ffmpeg, opened, signal, owner, ...manner }: LookOptions): Promise<SeenStreams & { readonly picture: NonNullable<SeenStreams['picture']> }> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const run = new FfmpegProcess({ path: ffmpeg.path, args: lookArguments(opened.input, manner), role: 'ingest', secrets: inputSecrets(opened.input), owner });
  const stop = (): void => void run.stop();
  over.addEventListener('abort', stop);
  if (over.aborted) {
    stop();
  }
  const feeding = new AbortController();
  opened.feed?.(run.stdin, feeding.signal).catch(stop);
  const end = await run.ended;
  feeding.abort();
  over.removeEventListener('abort', stop);
  const seen = readBanner(end.said);
  if (!seen.picture && seen.sound) {
    throw new Problem('stream-unreadable', 'it sends sound, and no picture');
  }
  if (!seen.picture) {
    throw signal.aborted || end.said === '' || over.aborted ? new Problem('camera-silent', 'no answer') : diagnoseIngest(end, false);
  }
  return { ...seen, picture: seen.picture };
}
