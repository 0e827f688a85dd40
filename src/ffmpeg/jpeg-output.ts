import type { FfmpegProcess } from './ffmpeg-process.js';
import { stillOutput } from './still-output.js';

/** A JPEG larger than this is not one. */
const mostBytes = 16 * 1024 * 1024;
/** The last two bytes of a JPEG (ITU-T T.81 B.1.1.3); inside, 0xFF is always followed by something else. */
const endOfImage = 0xffd9;

/**
 * The next JPEG that FFmpeg writes, which nobody may have asked it for before this call.
 * @throws Problem snapshot-failed; at once when `signal` says so: FFmpeg is then seen off in the background.
 */
export function nextJpeg(run: FfmpegProcess, signal: AbortSignal): Promise<Buffer> {
  return stillOutput(run, completeJpeg(run), signal);
}

/** Resolves as soon as the picture is whole: FFmpeg takes a while to leave. Resolves with undefined where it never is. */
function completeJpeg(run: FfmpegProcess): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const done = Promise.withResolvers<Buffer | undefined>();
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    // The two bytes may come apart.
    const end = chunk.length === 1 ? Buffer.concat([chunks.at(-1)?.subarray(-1) ?? chunk, chunk]) : chunk;
    chunks.push(chunk);
    if (endsImage(end)) {
      done.resolve(Buffer.concat(chunks));
    } else if (bytes > mostBytes) {
      void run.stop();
    }
  };
  const onClose = (): void => {
    const jpeg = Buffer.concat(chunks);
    done.resolve(endsImage(jpeg) ? jpeg : undefined);
  };
  run.stdout.on('data', onData);
  run.stdout.on('close', onClose);
  return done.promise.finally(() => {
    run.stdout.off('data', onData);
    run.stdout.off('close', onClose);
  });
}

function endsImage(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes.readUInt16BE(bytes.length - 2) === endOfImage;
}
