import type { AccessUnit } from '../media/access-unit.js';
import { toAnnexB } from '../media/nal.js';
import { Problem } from '../problems.js';
import { stillArguments } from './arguments.js';
import { lastLine } from './diagnose.js';
import { FfmpegProcess } from './ffmpeg-process.js';
import type { Ffmpeg } from './find-ffmpeg.js';

/** A JPEG larger than this is not one. */
const mostBytes = 16 * 1024 * 1024;

export interface Still {
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes one keyframe and encodes it as JPEG, at most as large as asked, in the picture's own shape.
 * @throws Problem snapshot-failed; also when `signal` ends it.
 */
export async function renderStill(ffmpeg: Ffmpeg, keyframe: AccessUnit, size: Still, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const args = stillArguments({ codec: keyframe.format.codec, ...size });
  const run = new FfmpegProcess({ path: ffmpeg.path, args, role: 'still' });
  const stop = (): void => void run.stop();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  run.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) {
      stop();
      return;
    }
    chunks.push(chunk);
  });
  run.stdin.end(Buffer.concat([...keyframe.format.parameterSets.map((set) => Buffer.concat([startCode, set])), toAnnexB(keyframe.data)]));
  const end = await run.ended;
  signal.removeEventListener('abort', stop);
  if (chunks.length === 0 || end.asked) {
    throw new Problem('snapshot-failed', end.asked ? 'FFmpeg took too long' : (lastLine(end) ?? 'FFmpeg gave no picture'));
  }
  return Buffer.concat(chunks);
}

const startCode = Buffer.from([0, 0, 0, 1]);
