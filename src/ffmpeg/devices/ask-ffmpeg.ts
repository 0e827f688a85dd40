import { diagnoseIngest } from '../diagnose.js';
import { FfmpegProcess } from '../ffmpeg-process.js';
import type { DeviceTools } from './capture-device.js';

/** Windows asks each driver, and some take their time. */
const answerWithinMs = 10_000;
/** A camera with many modes has some 10 KB. */
const mostLines = 2_000;

/**
 * What FFmpeg prints about devices, all of it.
 * @param args how it is asked; it never opens a stream with them.
 * @param isAnswer whether what was printed is one, however FFmpeg ends: that of a list is an error to it.
 * @throws Problem where it says why there is none.
 */
export async function askFfmpeg(args: readonly string[], { ffmpeg, signal }: Pick<DeviceTools, 'ffmpeg' | 'signal'>, isAnswer: (said: string) => boolean): Promise<string> {
  const lines: string[] = [];
  const run = new FfmpegProcess({
    path: ffmpeg.path,
    args: ['-hide_banner', '-nostdin', '-loglevel', 'info', ...args],
    role: 'probe',
    onLine: (line) => {
      if (lines.length < mostLines) {
        lines.push(line);
      }
    },
  });
  const stop = (): void => void run.stop();
  const limit = setTimeout(stop, answerWithinMs);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) {
    stop();
  }
  const end = await run.ended;
  clearTimeout(limit);
  signal?.removeEventListener('abort', stop);
  const said = lines.join('\n');
  // Since 7.1 a list is no error any more.
  if (isAnswer(said) || end.code === 0 || end.said.includes('Immediate exit requested')) {
    return said;
  }
  throw diagnoseIngest(end, false);
}
