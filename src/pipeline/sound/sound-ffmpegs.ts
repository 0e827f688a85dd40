import type { FfmpegSearch } from '../../ffmpeg/ffmpeg-search.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { LiveCodec } from '../../policy/live-sound.js';
import type { Speaker } from '../../policy/speaker-choice.js';
import { Problem } from '../../problems.js';

/** Which FFmpeg does a camera's sound: not always the one that it is connected with, some builds lack what that needs. */
export class SoundFfmpegs {
  readonly #search: FfmpegSearch;
  readonly #eld: Ffmpeg | undefined;

  /** @param eld the one that does AAC-ELD; undefined where none does. */
  constructor(search: FfmpegSearch, eld: Ffmpeg | undefined) {
    this.#search = search;
    this.#eld = eld;
  }

  /** What encodes live sound. @throws Problem ffmpeg-missing, ffmpeg-too-old or sound-encoder-missing. */
  async live(codec: LiveCodec): Promise<Ffmpeg> {
    return this.#bound(codec) ?? (await this.#encoding('libopus')) ?? fail(new Problem('sound-encoder-missing'));
  }

  /** What decodes a talker's sound and encodes it for a speaker. @throws Problem ffmpeg-missing, ffmpeg-too-old or talkback-unsupported. */
  async talk(codec: LiveCodec, speaker: Speaker): Promise<Ffmpeg> {
    const found = this.#bound(codec) ?? (await (speaker.kind === 'target' ? this.#encoding(speaker.to.codec) : this.#search.find()));
    return found ?? fail(new Problem('talkback-unsupported', 'no FFmpeg was found that can encode the "codec" of "talkback"'));
  }

  /** Undefined for a codec that is not bound to one. */
  #bound(codec: LiveCodec): Ffmpeg | undefined {
    return codec === 'aac-eld' ? this.#eld : undefined;
  }

  async #encoding(encoder: string): Promise<Ffmpeg | undefined> {
    await this.#search.find();
    return this.#search.withEncoder(encoder);
  }
}

function fail(problem: Problem): never {
  throw problem;
}
