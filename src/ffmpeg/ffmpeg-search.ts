import { ffmpegCandidates, findAllFfmpegs, findFfmpeg, type EquippedFfmpeg, type Ffmpeg, type FoundFfmpeg } from './find-ffmpeg.js';

/** A search that failed is not repeated sooner: each tries several programs. */
const searchAgainMs = 30_000;

interface Search {
  readonly found: Promise<Ffmpeg>;
  readonly startedMs: number;
  all?: Promise<readonly EquippedFfmpeg[]>;
}

/** The FFmpegs that all cameras use: searched for when the first one needs one, and again when it is gone. */
export class FfmpegSearch {
  readonly #ffmpegPath: string | undefined;
  readonly #onFound: (found: FoundFfmpeg) => void;
  #search: Search | undefined;
  #newest: Ffmpeg | undefined;

  /** @param ffmpegPath the user's option. */
  constructor(ffmpegPath: string | undefined, onFound: (found: FoundFfmpeg) => void) {
    this.#ffmpegPath = ffmpegPath;
    this.#onFound = onFound;
  }

  /**
   * The one that cameras are connected with: the first that can be used.
   * @throws Problem ffmpeg-missing or ffmpeg-too-old.
   */
  find(): Promise<Ffmpeg> {
    return this.#begin().found;
  }

  /** The one that was found last; undefined until then. */
  get newest(): Ffmpeg | undefined {
    return this.#newest;
  }

  /** Every one that can be used, the one of `find` first; none where there is none. The same promise until it is searched anew. */
  all(): Promise<readonly EquippedFfmpeg[]> {
    const search = this.#begin();
    search.all ??= search.found.then(
      () => findAllFfmpegs(ffmpegCandidates(this.#ffmpegPath)),
      () => [],
    );
    return search.all;
  }

  /** The first that was built with this encoder ('libx264', 'libfdk_aac'); undefined where none was. */
  async withEncoder(name: string): Promise<EquippedFfmpeg | undefined> {
    return (await this.all()).find(({ abilities }) => abilities.encoders.has(name));
  }

  /** What was found does not run (any more), or nothing was: the next `find` searches anew, though not all the time. */
  forget(): void {
    if (this.#search && performance.now() - this.#search.startedMs >= searchAgainMs) {
      this.#search = undefined;
    }
  }

  #begin(): Search {
    this.#search ??= { found: this.#start(), startedMs: performance.now() };
    return this.#search;
  }

  async #start(): Promise<Ffmpeg> {
    const found = await findFfmpeg(ffmpegCandidates(this.#ffmpegPath));
    this.#newest = found.ffmpeg;
    this.#onFound(found);
    return found.ffmpeg;
  }
}
