import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import { decibels, type LiveCodec } from '../../policy/live-sound.js';
import { talkAgainAfterMs, type Speaker } from '../../policy/speaker-choice.js';
import type { Problem } from '../../problems.js';
import { realTimers, type Timers } from '../../timers.js';
import { fullLoudness, isSilent, type Loudness } from '../sound/loudness.js';
import { TalkRun, type SpokenPacket } from './talk-run.js';

/** Who has said nothing for so long has ended, and another may talk. */
const overAfterMs = 2_000;
/** A volume that is being moved has settled after this. */
const settledAfterMs = 300;

/** Somebody who talks, or would like to. */
export interface Talker {
  /** Where it is, for the log. */
  readonly name: string;
  readonly codec: LiveCodec;
  /** Of its RTP clock, in Hz. */
  readonly sampleRate: number;
}

export interface TalkbackOptions {
  readonly speaker: Speaker;
  /** One that decodes it. */
  readonly ffmpeg: (codec: LiveCodec) => Promise<Ffmpeg>;
  readonly onProblem: (problem: Problem) => void;
  /** For the log; completes "<camera>: ". */
  readonly tell: (text: string) => void;
  readonly note: (text: string) => void;
  readonly owner?: FfmpegOwner | undefined;
  readonly timers?: Timers;
}

interface Talk {
  readonly talker: Talker;
  /** Undefined after it has ended by itself, until it is tried again. */
  run: TalkRun | undefined;
  failures: number;
  againAtMs: number;
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
  #volumeTimer: unknown;
  #talk: Talk | undefined;
  /** Those who were told of in the log, as somebody else talks. */
  readonly #refused = new Set<Talker>();
  /** On their way out: the camera still has them. */
  readonly #ending = new Set<Promise<void>>();
  #talks = 0;
  #closed = false;

  constructor(options: TalkbackOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
  }

  status(): TalkbackStatus {
    return { speaker: this.#options.speaker.kind, talker: this.#talk?.talker.name, talks: this.#talks, muted: isSilent(this.#loudness) };
  }

  /** As set in the Home app; also while somebody talks. */
  set loudness(loudness: Loudness) {
    this.#loudness = loudness;
    this.#timers.clearTimeout(this.#volumeTimer);
    if (isSilent(loudness)) {
      this.#end();
    } else {
      this.#volumeTimer = this.#timers.setTimeout(() => {
        if (this.#talk?.run) {
          this.#talk.run.gainDb = this.#gainDb;
        }
      }, settledAfterMs);
    }
  }

  /** A packet of what somebody says. @returns false where it is not passed on: another talks, or the speaker is mute. */
  say(talker: Talker, packet: SpokenPacket): boolean {
    if (this.#closed || isSilent(this.#loudness)) {
      return false;
    }
    if (this.#talk && this.#talk.talker !== talker) {
      this.#refuse(talker, this.#talk);
      return false;
    }
    const talk = this.#talk ?? this.#begin(talker);
    this.#timers.clearTimeout(talk.timer);
    talk.timer = this.#timers.setTimeout(() => this.#end(), overAfterMs);
    talk.packets += 1;
    if (!talk.run && this.#timers.nowMs() >= talk.againAtMs) {
      talk.run = this.#start(talk);
    }
    talk.run?.say(packet);
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
    this.#timers.clearTimeout(this.#volumeTimer);
    this.#end();
    await Promise.all(this.#ending);
  }

  get #gainDb(): number {
    return decibels(this.#loudness.volume);
  }

  #begin(talker: Talker): Talk {
    const talk: Talk = { talker, run: undefined, failures: 0, againAtMs: -Infinity, packets: 0, timer: undefined };
    this.#talk = talk;
    this.#talks += 1;
    this.#options.note(`${talker.name} begins to talk`);
    return talk;
  }

  #start(talk: Talk): TalkRun {
    const { speaker, ffmpeg, onProblem, owner } = this.#options;
    const run = new TalkRun({
      speaker,
      ffmpeg: () => ffmpeg(talk.talker.codec),
      codec: talk.talker.codec,
      sampleRate: talk.talker.sampleRate,
      gainDb: this.#gainDb,
      after: Promise.all(this.#ending),
      owner,
      onFailed: (problem) => {
        if (talk.run !== run) {
          return;
        }
        talk.run = undefined;
        talk.failures += 1;
        talk.againAtMs = this.#timers.nowMs() + talkAgainAfterMs(talk.failures, isFinal(problem));
        this.#seeOff(run);
        onProblem(problem);
      },
    });
    return run;
  }

  /** Where nobody can talk, as the camera does not let them, that has been said. */
  #refuse(talker: Talker, { talker: other, run }: Talk): void {
    if (run && !this.#refused.has(talker)) {
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
      this.#seeOff(talk.run);
    }
  }

  #seeOff(run: TalkRun | undefined): void {
    if (run) {
      const ended = run[Symbol.asyncDispose]().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }
}

/** Until somebody changes something in the camera or in the settings, it will be the same. */
function isFinal({ code, detail }: Problem): boolean {
  return code === 'talkback-unsupported' || code === 'sound-encoder-missing' || (code === 'talkback-refused' && /^40[13]\b/.test(detail));
}
