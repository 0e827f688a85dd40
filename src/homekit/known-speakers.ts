import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { sourceWithoutCredentials } from '../config/identities.js';
import { parseJson, systemError, writeWhole } from '../kept-file.js';
import { findBackchannel, type BackchannelFinding } from '../pipeline/talkback/find-backchannel.js';
import { mostSpeakerChannels, speakerRates, type SpeakerFormat } from '../policy/talk-format.js';
import { Problem } from '../problems.js';

/** A camera that is met for the first time is waited for so long: only what is known when its accessory is made is offered to HomeKit. */
const waitMs = 3_000;
/** What takes longer goes on beside all else, so long at most. */
const answerWithinMs = 10_000;
/** A camera that refuses sooner than this costs a start nothing, and is waited for each time. */
const soonMs = 1_000;

const knownSchema = z.object({
  /** Of the camera, without credentials: at another one there may be another camera. */
  address: z.string(),
  /** Undefined for a camera that cannot be talked to. */
  speaker: z
    .object({ codec: z.enum(['pcm_mulaw', 'pcm_alaw', 'aac']), clockRate: z.int().min(speakerRates.leastHz).max(speakerRates.mostHz), channels: z.int().min(1).max(mostSpeakerChannels) })
    .exactOptional(),
  /** It was waited for in vain, and is not again: it may be away for good. */
  unanswered: z.literal(true).exactOptional(),
});
const fileSchema = z.record(z.string(), knownSchema);

type Known = z.output<typeof knownSchema>;

export interface SpeakerQuestion {
  /** Of the camera, for good. */
  readonly id: string;
  /** Its main stream's address, with credentials. */
  readonly url: string;
  /** False for a camera that is to be left alone now: only what is known counts. */
  readonly mayAsk: boolean;
  /** For the log; completes "<camera>: ". */
  readonly tell: (text: string) => void;
  readonly note: (text: string) => void;
}

/** Which cameras can be talked to, as they said themselves; kept in a file of Homebridge's storage folder, as not all are there at each start. */
export class KnownSpeakers implements AsyncDisposable {
  readonly #file: string;
  readonly #onProblem: (problem: Problem) => void;
  readonly #known: Record<string, Known>;
  readonly #stop = new AbortController();
  readonly #asking = new Set<Promise<void>>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, onProblem: (problem: Problem) => void, known: Record<string, Known>) {
    this.#file = file;
    this.#onProblem = onProblem;
    this.#known = known;
  }

  /** A file that cannot be read is as good as none: the cameras are asked again. */
  static async load(file: string, onProblem: (problem: Problem) => void): Promise<KnownSpeakers> {
    const text = await readFile(file, 'utf8').catch(() => '');
    return new KnownSpeakers(file, onProblem, fileSchema.safeParse(parseJson(text)).data ?? {});
  }

  /**
   * What the camera's speaker plays; undefined where it has none, or nothing is known of one. Takes a moment only where the camera is met for
   * the first time. What comes out later is told, and counts with the next start.
   */
  async find(question: SpeakerQuestion): Promise<SpeakerFormat | undefined> {
    const known = this.#knownOf(question);
    if (!question.mayAsk) {
      return known?.speaker;
    }
    const asking = this.#follow(this.#ask(question));
    if (!known) {
      await this.#wait(question, asking);
    }
    return this.#knownOf(question)?.speaker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#asking);
    await this.#writing;
  }

  #knownOf({ id, url }: SpeakerQuestion): Known | undefined {
    const known = this.#known[id];
    return known?.address === sourceWithoutCredentials(url) ? known : undefined;
  }

  /** What is found out after the wait is found out all the same. */
  async #wait(question: SpeakerQuestion, asking: Promise<void>): Promise<void> {
    const beganMs = performance.now();
    await Promise.race([asking, sleep(waitMs, undefined, { ref: false })]);
    const inVain = !this.#knownOf(question) && performance.now() - beganMs > soonMs;
    if (inVain && !this.#stop.signal.aborted) {
      this.#known[question.id] = { address: sourceWithoutCredentials(question.url), unanswered: true };
      await this.#write();
    }
  }

  /** A camera that is not there, or refuses, leaves things as they are. */
  async #ask(question: SpeakerQuestion): Promise<void> {
    const { id, url, tell, note } = question;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(answerWithinMs)]);
    try {
      const finding = await findBackchannel({ url, signal, answerWithinMs });
      const before = this.#knownOf(question);
      const after: Known = { address: sourceWithoutCredentials(url), ...speakerOf(finding) };
      note(`whether it can be talked to: ${finding.because}`);
      if (before && JSON.stringify(before) === JSON.stringify(after)) {
        return;
      }
      if (before && (before.speaker === undefined) !== (after.speaker === undefined)) {
        tell(after.speaker ? 'it can be talked to now; the Home app offers that after the next restart of Homebridge.' : 'it cannot be talked to any more; the Home app knows after the next restart of Homebridge.');
      }
      this.#known[id] = after;
      await this.#write();
    } catch (error) {
      note(`whether it can be talked to is not known: ${error instanceof Problem ? error.message : String(error)}`);
    }
  }

  #follow(asking: Promise<void>): Promise<void> {
    const followed = asking.finally(() => this.#asking.delete(followed));
    this.#asking.add(followed);
    return followed;
  }

  #write(): Promise<void> {
    this.#writing = this.#writing
      .then(() => writeWhole(this.#file, `${JSON.stringify(this.#known, undefined, 2)}\n`))
      .catch((error: unknown) => this.#onProblem(new Problem('speakers-not-kept', systemError(error).message, { cause: error })));
    return this.#writing;
  }
}

function speakerOf(finding: BackchannelFinding): Pick<Known, 'speaker'> {
  if (finding.kind !== 'offered') {
    return {};
  }
  const { codec, clockRate, channels } = finding.format;
  return { speaker: { codec, clockRate, channels } };
}
