import { howEnded } from '../../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import { secretsOf, talkArguments, talkToTargetArguments } from '../../ffmpeg/sound-arguments.js';
import { aacEldSbrConfig } from '../../media/audio-specific-config.js';
import { aacSampleEntry, opusSampleEntry } from '../../media/fmp4-audio-entries.js';
import { Fmp4Reader } from '../../media/fmp4-reader.js';
import { writeFragment, writeInit } from '../../media/fmp4-writer.js';
import type { LiveCodec } from '../../policy/live-sound.js';
import type { Speaker } from '../../policy/speaker-choice.js';
import type { SpeakerFormat } from '../../policy/talk-format.js';
import { asProblem, Problem } from '../../problems.js';
import { readFragments } from '../fragment-output.js';
import { writeParts } from '../unit-writer.js';
import { Backchannel } from './backchannel.js';

/** What is said while FFmpeg and the camera are being made ready: of more, the camera would be late to the end of the talk. */
const mostHeldMs = 500;

/** A piece of what a viewer says. */
export interface SpokenPacket {
  /** One Opus packet, or one raw frame of AAC-ELD. */
  readonly payload: Uint8Array;
  /** On the viewer's RTP clock, counted on beyond 32 bits; any beginning. */
  readonly ticks: number;
}

export interface TalkRunOptions {
  readonly speaker: Speaker;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  readonly codec: LiveCodec;
  /** Of the viewer's RTP clock, in Hz. */
  readonly sampleRate: number;
  readonly gainDb: number;
  /** What has to be over before: a camera may have one talk at a time, its last one included. */
  readonly after: Promise<unknown>;
  /** It has ended by itself; told once. */
  readonly onFailed: (problem: Problem) => void;
  readonly owner?: FfmpegOwner | undefined;
}

/** What FFmpeg is told that a viewer says. */
const sampleEntries: Readonly<Record<LiveCodec, (sampleRate: number) => Uint8Array>> = {
  opus: (sampleRate) => opusSampleEntry({ channels: 1, inputSampleRate: sampleRate, preSkip: 0 }),
  'aac-eld': (sampleRate) => aacSampleEntry({ config: aacEldSbrConfig(), channels: 1, sampleRate }),
};

type State =
  | { readonly kind: 'opening'; held: SpokenPacket[] }
  | { readonly kind: 'open'; readonly encoder: FfmpegProcess; readonly baseTicks: number }
  | { readonly kind: 'over' };

/** One talk, from its first packet on: one FFmpeg that decodes what a viewer says and encodes it for the speaker, and the way there. */
export class TalkRun implements AsyncDisposable {
  readonly #options: TalkRunOptions;
  readonly #stop = new AbortController();
  #busy: Promise<void>;
  #state: State = { kind: 'opening', held: [] };
  #gainDb: number;
  #backchannel: Backchannel | undefined;
  #sequence = 0;

  constructor(options: TalkRunOptions) {
    this.#options = options;
    this.#gainDb = options.gainDb;
    this.#busy = this.#attempt(() => this.#open());
  }

  /** Passes on a packet; in the order of their times. */
  say(packet: SpokenPacket): void {
    if (this.#state.kind === 'opening') {
      const oldest = packet.ticks - (mostHeldMs / 1000) * this.#options.sampleRate;
      this.#state.held = [...this.#state.held.filter(({ ticks }) => ticks >= oldest), packet];
    } else if (this.#state.kind === 'open' && !this.#state.encoder.stdin.writableNeedDrain) {
      this.#write(packet, this.#state.encoder, this.#state.baseTicks);
    }
  }

  /** How much louder than what is said; takes another FFmpeg, and the way to the camera stays. */
  set gainDb(gainDb: number) {
    this.#gainDb = gainDb;
    this.#busy = this.#busy.then(() => this.#attempt(() => this.#renew()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const encoder = this.#state.kind === 'open' ? this.#state.encoder : undefined;
    this.#state = { kind: 'over' };
    this.#stop.abort();
    await encoder?.stop();
    await this.#busy;
    await this.#backchannel?.[Symbol.asyncDispose]();
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#fail(asProblem(error, 'talkback-failed'));
    }
  }

  /** FFmpeg and the camera take their time side by side. */
  async #open(): Promise<void> {
    const { speaker, ffmpeg, after } = this.#options;
    await after;
    const found = await ffmpeg();
    if (this.#isOver()) {
      return;
    }
    const early = this.#startEncoder(found);
    if (speaker.kind === 'backchannel') {
      try {
        this.#backchannel = await Backchannel.open({ url: speaker.url, signal: this.#stop.signal, onEnded: (problem) => this.#fail(problem) });
      } catch (error) {
        await early.stop();
        throw error;
      }
    }
    const fits = speaker.kind === 'target' || isSame(this.#backchannel?.format, speaker.format);
    if (this.#isOver() || !fits) {
      await early.stop();
    }
    if (!this.#isOver()) {
      this.#begin(fits ? early : this.#startEncoder(found)); // It was set to something else since.
    }
  }

  async #renew(): Promise<void> {
    if (this.#state.kind !== 'open') {
      return;
    }
    const before = this.#state.encoder;
    this.#state = { kind: 'opening', held: [] };
    await before.stop();
    const found = await this.#options.ffmpeg();
    if (!this.#isOver()) {
      this.#begin(this.#startEncoder(found));
    }
  }

  /** What was said meanwhile goes first. */
  #begin(encoder: FfmpegProcess): void {
    if (this.#state.kind !== 'opening') {
      return;
    }
    const { held } = this.#state;
    const baseTicks = held[0]?.ticks ?? 0;
    this.#state = { kind: 'open', encoder, baseTicks };
    for (const packet of held) {
      this.#write(packet, encoder, baseTicks);
    }
  }

  /** For what the camera plays by the newest that it said, or for where the user wants it. */
  #startEncoder(ffmpeg: Ffmpeg): FfmpegProcess {
    const { speaker, codec } = this.#options;
    if (speaker.kind === 'target') {
      return this.#start(ffmpeg, talkToTargetArguments(codec, speaker.to, this.#gainDb));
    }
    const format = this.#backchannel?.format ?? speaker.format;
    const encoder = this.#start(ffmpeg, talkArguments(codec, format, this.#gainDb));
    const send = (sound: Uint8Array): void => this.#backchannel?.send(sound);
    if (format.codec === 'aac') {
      const reader = new Fmp4Reader({ onTracks: () => undefined, onSample: ({ data }) => send(data) });
      readFragments(encoder.stdout, reader, (error) => this.#fail(asProblem(error, 'talkback-failed')));
    } else {
      encoder.stdout.on('data', send);
    }
    return encoder;
  }

  #start(ffmpeg: Ffmpeg, args: readonly string[]): FfmpegProcess {
    const { speaker, codec, sampleRate, owner } = this.#options;
    const secrets = speaker.kind === 'target' ? secretsOf(speaker.to) : [];
    const run = new FfmpegProcess({ path: ffmpeg.path, args, role: 'talk', owner, secrets });
    void run.ended.then((end) => {
      if (!end.asked) {
        this.#fail(new Problem('talkback-failed', howEnded(end)));
      }
    });
    run.stdin.write(writeInit({ codec: 'copied', sampleEntry: sampleEntries[codec](sampleRate), timescale: sampleRate }));
    return run;
  }

  #write({ payload, ticks }: SpokenPacket, { stdin }: FfmpegProcess, baseTicks: number): void {
    this.#sequence += 1;
    const sample = { data: payload, durationTicks: 0, keyframe: true, compositionOffsetTicks: 0 };
    writeParts(stdin, writeFragment({ sequence: this.#sequence, samples: [sample], baseDecodeTimeTicks: Math.max(0, ticks - baseTicks) }));
  }

  #isOver(): boolean {
    return this.#state.kind === 'over';
  }

  #fail(problem: Problem): void {
    if (!this.#isOver()) {
      this.#options.onFailed(problem);
    }
  }
}

function isSame(a: SpeakerFormat | undefined, b: SpeakerFormat): boolean {
  return a?.codec === b.codec && a.clockRate === b.clockRate && a.channels === b.channels;
}
