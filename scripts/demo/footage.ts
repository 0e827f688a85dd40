import { fileURLToPath } from 'node:url';
import type { FootageSettings } from '../../test/support/camera/footage.js';
import { StageProcess } from './stage-process.js';

const command = fileURLToPath(new URL('./footage-command.js', import.meta.url));

/** Reading cached footage takes less. */
const slowAfterMs = 1_500;

/**
 * Makes the pictures that a simulated camera will show, unless they are cached; `onSlow` is called when they have to be
 * made, which takes many seconds. Throws when the signal comes (then nothing is left) and when FFmpeg cannot make them.
 */
export async function prepareFootage(settings: readonly FootageSettings[], ffmpegPath: string, signal: AbortSignal, onSlow: () => void): Promise<void> {
  signal.throwIfAborted();
  const maker = StageProcess.start('The maker of the picture', [command, ffmpegPath, JSON.stringify(settings)], ['ignore', 'ignore', 'inherit']);
  const stop = (): void => maker.signalGroup('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const slow = setTimeout(onSlow, slowAfterMs);
  const { code } = await maker.exited;
  clearTimeout(slow);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (code !== 0) {
    throw new Error('FFmpeg could not make the picture of the simulated camera (it needs libx264).');
  }
}
