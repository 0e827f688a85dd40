import { FfmpegSearch } from '../../ffmpeg/ffmpeg-search.js';
import { wrapped } from './layout.js';
import type { Screen } from './screen.js';

/** The option of commands that need an FFmpeg. */
export const ffmpegOption = { type: 'string', value: '<path>', help: 'The FFmpeg to use. Otherwise the one that the plugin finds.' } as const;

/** @param path what was given for that option: the screen tells where another takes its place. */
export function chosenFfmpeg(path: string | undefined, screen: Screen): FfmpegSearch {
  return new FfmpegSearch(path, ({ ffmpeg, passedOver }) => {
    if (path !== undefined && ffmpeg.path !== path) {
      screen.complain(wrapped(`The FFmpeg of --ffmpeg cannot be used, another takes its place (${passedOver.join('; ')}).`));
    }
  });
}
