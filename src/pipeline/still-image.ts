import type { JpegPicture } from '../media/jpeg-picture.js';
import { stillImageLimits } from '../policy/still-image.js';
import { asProblem, Problem } from '../problems.js';
import { HttpClient } from './http/http-client.js';
import { fetchJpeg } from './http/read-jpegs.js';

interface Fetched {
  readonly sinceMs: number;
  readonly picture: Promise<JpegPicture | undefined>;
  failed: boolean;
}

/** The single picture that a camera has at an address of HTTP: it need not be connected for it. All who ask at about the same time share one. */
export class StillImage implements Disposable {
  readonly #url: string;
  readonly #onProblem: (problem: Problem, cause: string) => void;
  #stop = new AbortController();
  #newest: Fetched | undefined;
  #barred = false;

  /** @param onProblem told of each failure; `cause` tells them apart. */
  constructor(url: string, onProblem: (problem: Problem, cause: string) => void) {
    this.#url = url;
    this.#onProblem = onProblem;
  }

  /** Whether there is hope: it may be asked, and has not failed just now. */
  get usable(): boolean {
    return !this.#barred && !this.#recent?.failed;
  }

  /** The picture, fetched now or a moment ago; undefined where it cannot be had. Never rejects, nor takes longer than the policy says. */
  async fetch(): Promise<JpegPicture | undefined> {
    if (!this.usable) {
      return undefined;
    }
    this.#newest = this.#recent ?? this.#fetch();
    return await this.#newest.picture;
  }

  /** While set, it is not asked, and what was fetched is forgotten. */
  set barred(barred: boolean) {
    this.#barred = barred;
    if (barred) {
      this[Symbol.dispose]();
    }
  }

  /** Asks no more for what is being fetched, and forgets what was. */
  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#newest = undefined;
  }

  get #recent(): Fetched | undefined {
    return this.#newest && performance.now() - this.#newest.sinceMs < stillImageLimits.againAfterMs ? this.#newest : undefined;
  }

  #fetch(): Fetched {
    const { signal } = this.#stop;
    const picture = this.#ask(signal).catch((error: unknown) => {
      fetched.failed = true;
      if (!signal.aborted) {
        this.#tell(asProblem(error, 'camera-closed'));
      }
      return undefined;
    });
    const fetched: Fetched = { sinceMs: performance.now(), picture, failed: false };
    return fetched;
  }

  async #ask(signal: AbortSignal): Promise<JpegPicture> {
    using client = new HttpClient(this.#url);
    const { picture } = await fetchJpeg(client, { signal, withinMs: stillImageLimits.withinMs });
    return picture;
  }

  #tell(because: Problem): void {
    this.#onProblem(new Problem('still-image-failed', because.message, { cause: because }), because.code);
  }
}
