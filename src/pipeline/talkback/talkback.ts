import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import { decibels } from '../../policy/live-sound.js';
import type { Problem } from '../../problems.js';
import { realTimers, type Timers } from '../../timers.js';
import { fullLoudness, type Loudness } from '../sound/loudness.js';
import { TalkRun, type Speaker, type SpokenPacket } from './talk-run.js';

/** Who has said nothing for so long has ended, and another may talk. */
const overAfterMs = 2_000;

/** Somebody who talks, or would like to. */
export interface Talker {
  /** Where it is, for the log. */
  readonly name: string;
  /** Of its RTP clock, in Hz. */
  readonly sampleRate: number;
}

export interface TalkbackOptions {
  readonly speaker: Speaker;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  readonly onProblem: (problem: Problem) => void;
  /** For the log; completes "<camera>: ". */
  readonly tell: (text: string) => void;
  readonly note: (text: string) => void;
  readonly owner?: FfmpegOwner | undefined;
  readonly timers?: Timers;
}

interface Talk {
  readonly talker: Talker;
  readonly run: TalkRun;
  /** It has ended by itself: until the talker pauses, it is not tried again. */
  failed: boolean;
  packets: number;
  timer: unknown;
}

export interface TalkbackStatus {
  readonly speaker: Speaker['kind'];
  /** Where the one is who talks now. */
  readonly talker: string | undefined;
  readonly talks: number;
  readonly muted: boolean;
}

/** The speaker of a camera: one viewer at a time talks through it. Costs nothing while nobody does. */
export class Talkback implements AsyncDisposable {
  readonly #options: TalkbackOptions;
  readonly #timers: Timers;
  #loudness: Loudness = fullLoudness;
  #talk: Talk | undefined;
  /** Those who were told that somebody else talks. */
  readonly #refused = new Set<Talker>();
  readonly #ending = new Set<Promise<void>>();
  #talks = 0;
  #closed = false;

  constructor(options: TalkbackOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
  }

  status(): TalkbackStatus {
    return { speaker: this.#options.speaker.kind, talker: this.#talk?.talker.name, talks: this.#talks, muted: this.#loudness.muted };
  }

  /** As set in the Home app; also while somebody talks. */
  set loudness(loudness: Loudness) {
    const differs = decibels(loudness.volume) !== decibels(this.#loudness.volume);
    this.#loudness = loudness;
    if (loudness.muted || differs) {
      this.#end(); // Goes on with the next packet, as loud as it is to be.
    }
  }

  /** A packet of what somebody says. @returns false where another talks, or the speaker is mute. */
  say(talker: Talker, packet: SpokenPacket): boolean {
    if (this.#closed || this.#loudness.muted) {
      return false;
    }
    if (this.#talk && this.#talk.talker !== talker) {
      this.#refuse(talker, this.#talk.talker);
      return false;
    }
    const talk = this.#talk ?? this.#begin(talker);
    this.#timers.clearTimeout(talk.timer);
    talk.timer = this.#timers.setTimeout(() => this.#end(), overAfterMs);
    talk.packets += 1;
    if (!talk.failed) {
      talk.run.say(packet);
    }
    return true;
  }

  /** The talker is gone. */
  leave(talker: Talker): void {
    this.#refused.delete(talker);
    if (this.#talk?.talker === talker) {
      this.#end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#end();
    await Promise.all(this.#ending);
  }

  #begin(talker: Talker): Talk {
    const { speaker, ffmpeg, onProblem, note, owner } = this.#options;
    const run = new TalkRun({
      speaker,
      ffmpeg,
      sampleRate: talker.sampleRate,
      gainDb: decibels(this.#loudness.volume),
      owner,
      onFailed: (problem) => {
        talk.failed = true;
        this.#follow(run[Symbol.asyncDispose]());
        onProblem(problem);
      },
    });
    const talk: Talk = { talker, run, failed: false, packets: 0, timer: undefined };
    this.#talk = talk;
    this.#talks += 1;
    note(`${talker.name} begins to talk`);
    return talk;
  }

  #refuse(talker: Talker, other: Talker): void {
    if (!this.#refused.has(talker)) {
      this.#refused.add(talker);
      this.#options.tell(`${talker.name} cannot talk now, as ${other.name} does; one at a time.`);
    }
  }

  #end(): void {
    const talk = this.#talk;
    this.#talk = undefined;
    this.#refused.clear();
    if (talk) {
      this.#timers.clearTimeout(talk.timer);
      this.#options.note(`${talk.talker.name} has talked, ${talk.packets} packets`);
      this.#follow(talk.run[Symbol.asyncDispose]());
    }
  }

  #follow(ending: Promise<void>): void {
    const followed = ending.finally(() => this.#ending.delete(followed));
    this.#ending.add(followed);
  }
}
