import { isToBeDescribed, firstSoundKnowledge, soundAfter, soundAsk, soundTimes, type SoundAsk, type SoundEvent } from '../../policy/sound-choice.js';
import { Problem } from '../../problems.js';
import type { StreamDescription } from '../describe-stream.js';
import { orAborted } from '../or-aborted.js';

export interface KnownSoundOptions {
  /** Whether anybody is to hear it. */
  readonly wanted: boolean;
  /** Asks the camera what it has. */
  readonly describe?: ((signal: AbortSignal) => Promise<Pick<StreamDescription, 'microphone' | 'quirk'>>) | undefined;
  /** The camera has sound that cannot be kept; told once. */
  readonly onProblem: (problem: Problem) => void;
  /** A line for who looks for the reason of something. */
  readonly onNote: (text: string) => void;
  /** Sound that was left out for a while may be asked for again. */
  readonly onMissed: () => void;
}

/** What is known of a stream's sound, and so how a connection asks for it. */
export class KnownSound {
  readonly #options: KnownSoundOptions;
  #knowledge = firstSoundKnowledge;
  #timer: NodeJS.Timeout | undefined;
  #saidEncoded = false;

  constructor(options: KnownSoundOptions) {
    this.#options = options;
  }

  /** How the next connection asks for it. */
  get ask(): SoundAsk {
    return this.#options.wanted ? soundAsk(this.#knowledge, performance.now()) : 'none';
  }

  /** Whether the stream has sound that can be kept; undefined while that is not known. */
  get has(): boolean | undefined {
    if (isToBeDescribed(this.#knowledge, performance.now())) {
      return undefined;
    }
    return this.#options.wanted && this.#knowledge.kind !== 'none';
  }

  /** Whether a connection that does without it could have it. */
  get isMissed(): boolean {
    return this.#knowledge.kind !== 'none' && this.ask !== 'none';
  }

  /** Tells what cannot be kept, and sees to it that sound which is spared for a while is asked for afterwards. */
  learn(event: SoundEvent): void {
    const before = this.#knowledge;
    const nowMs = performance.now();
    this.#knowledge = soundAfter(before, event, nowMs);
    if (this.#knowledge === before) {
      return;
    }
    clearTimeout(this.#timer);
    if (this.#knowledge.kind === 'asked' && this.#knowledge.form === 'encoded' && !this.#saidEncoded) {
      this.#saidEncoded = true;
      this.#options.onNote('its sound cannot be kept as it is, so that it is encoded to AAC for as long as the camera is connected, which takes up to 0.4 % of a processor core; AAC or G.711 would take nothing');
    }
    if (this.#knowledge.kind === 'spared') {
      this.#timer = setTimeout(this.#options.onMissed, this.#knowledge.untilMs - nowMs + 1);
      this.#timer.unref();
    } else if (this.#knowledge.kind === 'none' && this.#knowledge.microphone) {
      this.#options.onProblem(new Problem('camera-sound-unknown', this.#knowledge.because));
    }
  }

  /** Learns from the camera what to ask for; what it does not tell is found out by trying. Its failures are the connection's too, which tells them. */
  async describe(signal: AbortSignal): Promise<void> {
    const { wanted, describe } = this.#options;
    if (!wanted || !describe || !isToBeDescribed(this.#knowledge, performance.now())) {
      return;
    }
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(soundTimes.describeWithinMs)]);
    let description: Pick<StreamDescription, 'microphone' | 'quirk'> | undefined;
    try {
      description = await orAborted(describe(inTime), inTime);
    } catch (error) {
      if (error instanceof Problem && error.code === 'talkback-unreachable') {
        return; // Asked with the next connection.
      }
    }
    if (!signal.aborted) {
      if (description?.quirk) {
        this.#options.onNote(description.quirk.says);
      }
      this.learn({ kind: 'described', microphone: description?.microphone ?? { kind: 'unknown' } });
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
