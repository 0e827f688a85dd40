import { ffmpegCandidates, findFfmpeg, type Ffmpeg, type FoundFfmpeg } from './find-ffmpeg.js';

/** A search that failed is not repeated sooner: each tries several programs. */
const searchAgainMs = 30_000;

/** The FFmpeg that all cameras use: searched for when the first one needs it, and again when it is gone. */
export class FfmpegSearch {
  readonly #ffmpegPath: string | undefined;
  readonly #onFound: (found: FoundFfmpeg) => void;
  #search: { readonly found: Promise<Ffmpeg>; readonly startedMs: number } | undefined;

  /** @param ffmpegPath the user's option. */
  constructor(ffmpegPath: string | undefined, onFound: (found: FoundFfmpeg) => void) {
    this.#ffmpegPath = ffmpegPath;
    this.#onFound = onFound;
  }

  /** @throws Problem ffmpeg-missing or ffmpeg-too-old. */
  find(): Promise<Ffmpeg> {
    this.#search ??= { found: this.#start(), startedMs: performance.now() };
    return this.#search.found;
  }

  /** What was found does not run (any more), or nothing was: the next `find` searches anew, though not all the time. */
  forget(): void {
    if (this.#search && performance.now() - this.#search.startedMs >= searchAgainMs) {
      this.#search = undefined;
    }
  }

  async #start(): Promise<Ffmpeg> {
    const found = await findFfmpeg(ffmpegCandidates(this.#ffmpegPath));
    this.#onFound(found);
    return found.ffmpeg;
  }
}
