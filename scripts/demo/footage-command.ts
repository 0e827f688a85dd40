/**
 * Has FFmpeg make footage, unless it is cached: `node dist/scripts/demo/footage-command.js ffmpeg '[{},{"width":640}]'`.
 * SIGTERM to its process group stops it without a trace.
 */
import { loadFootage, type FootageSettings } from '../../test/support/camera/footage.js';

// The FFmpegs get the signal too, which makes their loading fail and their unfinished files disappear.
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

const [ffmpegPath, settings] = process.argv.slice(2);
const wanted = JSON.parse(settings ?? '[]') as FootageSettings[];
const results = await Promise.allSettled(wanted.map((each) => loadFootage(each, ffmpegPath)));
const failed = results.find((result) => result.status === 'rejected');
if (failed && !stop.signal.aborted) {
  console.error(failed.reason instanceof Error ? failed.reason.message : failed.reason);
}
process.exitCode = failed ? 1 : 0;
