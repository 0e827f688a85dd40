import { Problem } from '../problems.js';
import { lastLine } from './diagnose.js';
import type { FfmpegProcess } from './ffmpeg-process.js';

/**
 * What FFmpeg was run for, once it is there.
 * @param output resolves with undefined where FFmpeg ends before.
 * @throws Problem snapshot-failed; at once when `signal` says so: FFmpeg is then seen off in the background.
 */
export async function stillOutput<Output>(run: FfmpegProcess, output: Promise<Output | undefined>, signal: AbortSignal): Promise<Output> {
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => {
    void run.stop();
    aborted.reject(new Problem('snapshot-failed', 'FFmpeg took too long'));
  };
  aborted.promise.catch(() => undefined);
  signal.addEventListener('abort', stop);
  if (signal.aborted) {
    stop();
  }
  try {
    const found = await Promise.race([output, run.ended.then(() => undefined), aborted.promise]);
    if (found !== undefined) {
      return found;
    }
    throw new Problem('snapshot-failed', lastLine(await run.ended) ?? 'FFmpeg gave no picture');
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The first `count` bytes that FFmpeg writes; undefined where it writes fewer. */
export function firstBytes(run: FfmpegProcess, count: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(count);
  const whole = Promise.withResolvers<Uint8Array | undefined>();
  let filled = 0;
  run.stdout.on('data', (chunk: Buffer) => {
    bytes.set(chunk.subarray(0, count - filled), filled);
    filled = Math.min(count, filled + chunk.length);
    if (filled === count) {
      whole.resolve(bytes);
    }
  });
  run.stdout.on('close', () => whole.resolve(undefined));
  return whole.promise;
}
