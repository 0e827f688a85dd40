import { Problem } from '../problems.js';
import { askInputs, type FfmpegInputs } from './abilities.js';
import { ffmpegCandidates, findAllFfmpegs, findFfmpeg, type EquippedFfmpeg, type Ffmpeg, type FfmpegCandidate, type FoundFfmpeg } from './find-ffmpeg.js';
import { nameOfNeed, type InputNeed } from './input-needs.js';

/** A search that failed is not repeated sooner: each tries several programs. */
const searchAgainMs = 30_000;

interface Search {
  readonly found: Promise<Ffmpeg>;
  readonly startedMs: number;
  all?: Promise<readonly EquippedFfmpeg[]>;
  /** By path; asked of those that somebody needs. */
  readonly inputs: Map<string, Promise<FfmpegInputs>>;
}

/** The FFmpegs that all cameras use: searched for when the first one needs one, and again when it is gone. */
export class FfmpegSearch {
  readonly #candidates: readonly FfmpegCandidate[];
  readonly #onFound: (found: FoundFfmpeg) => void;
  #search: Search | undefined;
  #newest: Ffmpeg | undefined;

  /** @param ffmpegPath the user's option. @param candidates where to look. */
  constructor(ffmpegPath: string | undefined, onFound: (found: FoundFfmpeg) => void, candidates: readonly FfmpegCandidate[] = ffmpegCandidates(ffmpegPath)) {
    this.#candidates = candidates;
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
      (first) => findAllFfmpegs(this.#candidates, first),
      () => [],
    );
    return search.all;
  }

  /** The first that was built with this encoder ('libx264', 'libfdk_aac'); undefined where none was. */
  async withEncoder(name: string): Promise<EquippedFfmpeg | undefined> {
    return (await this.all()).find(({ abilities }) => abilities.encoders.has(name));
  }

  /**
   * The first that can open an input that needs this.
   * @throws Problem ffmpeg-missing, ffmpeg-too-old or ffmpeg-lacks-input.
   */
  async forInput(needs: readonly InputNeed[]): Promise<Ffmpeg> {
    const first = await this.find();
    if (await this.canOpen(first, needs)) {
      return first;
    }
    for (const each of await this.all()) {
      if (await this.canOpen(each, needs)) {
        return each;
      }
    }
    throw new Problem('ffmpeg-lacks-input', `missing: ${(await this.#lacks(first, needs)).map(nameOfNeed).join(', ')}`);
  }

  /** Whether this one can open an input that needs that. */
  async canOpen(ffmpeg: Ffmpeg, needs: readonly InputNeed[]): Promise<boolean> {
    return needs.length === 0 || (await this.#lacks(ffmpeg, needs)).length === 0;
  }

  /** What was found does not run (any more), or nothing was: the next `find` searches anew, though not all the time. */
  forget(): void {
    if (this.#search && performance.now() - this.#search.startedMs >= searchAgainMs) {
      this.#search = undefined;
    }
  }

  /** One that does not say what it has is taken to have everything. */
  async #lacks({ path }: Ffmpeg, needs: readonly InputNeed[]): Promise<readonly InputNeed[]> {
    const { inputs } = this.#begin();
    const asked = inputs.get(path) ?? askInputs(path);
    inputs.set(path, asked);
    const has = await asked;
    return needs.filter(({ kind, name }) => has[kind].size > 0 && !has[kind].has(name));
  }

  #begin(): Search {
    this.#search ??= { found: this.#start(), startedMs: performance.now(), inputs: new Map() };
    return this.#search;
  }

  async #start(): Promise<Ffmpeg> {
    const found = await findFfmpeg(this.#candidates);
    this.#newest = found.ffmpeg;
    this.#onFound(found);
    return found.ffmpeg;
  }
}
