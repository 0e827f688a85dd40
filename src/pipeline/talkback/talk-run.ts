import { howEnded } from '../../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js';
import type { CameraConfig } from '../../config/options.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import { talkArguments, talkToTargetArguments, type TalkTarget } from '../../ffmpeg/sound-arguments.js';
import { opusSampleEntry } from '../../media/fmp4-audio-entries.js';
import { Fmp4Reader } from '../../media/fmp4-reader.js';
import { writeFragment, writeInit } from '../../media/fmp4-writer.js';
import type { SpeakerFormat } from '../../policy/talk-format.js';
import { asProblem, Problem } from '../../problems.js';
import { readFragments } from '../fragment-output.js';
import { writeParts } from '../unit-writer.js';
import { Backchannel } from './backchannel.js';

/** How the sound gets to the speaker. */
export type Speaker =
  /** The camera's own, at its RTSP address, with what it said last that it plays. */
  | { readonly kind: 'backchannel'; readonly url: string; readonly format: SpeakerFormat }
  | { readonly kind: 'target'; readonly to: TalkTarget };

/** A packet of what a viewer says. */
export interface SpokenPacket {
  /** One Opus packet. */
  readonly payload: Uint8Array;
  /** On the viewer's RTP clock, counted on beyond 32 bits; any beginning. */
  readonly ticks: number;
}

export interface TalkRunOptions {
  readonly speaker: Speaker;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  /** Of the viewer's RTP clock, in Hz. */
  readonly sampleRate: number;
  readonly gainDb: number;
  /** It has ended by itself; told once. */
  readonly onFailed: (problem: Problem) => void;
  readonly owner?: FfmpegOwner | undefined;
}

/** What is said while FFmpeg and the camera are being made ready waits for them, at most so many packets (two seconds and more). */
const mostHeld = 128;
/** What FFmpeg has made meanwhile, in pieces of a packet each. */
const mostMade = 128;

/** One talk, from its first packet on: one FFmpeg that decodes what a viewer says and encodes it for the speaker, and the way there. */
export class TalkRun implements AsyncDisposable {
  readonly #options: TalkRunOptions;
  readonly #stop = new AbortController();
  readonly #ready: Promise<void>;
  #run: FfmpegProcess | undefined;
  #backchannel: Backchannel | undefined;
  #held: SpokenPacket[] = [];
  #made: Uint8Array[] = [];
  #baseTicks: number | undefined;
  #sequence = 0;
  #over = false;

  constructor(options: TalkRunOptions) {
    this.#options = options;
    this.#ready = this.#begin().catch((error: unknown) => this.#fail(asProblem(error, 'talkback-failed')));
  }

  /** Passes on a packet; in the order of their times. */
  say(packet: SpokenPacket): void {
    if (this.#over) {
      return;
    }
    if (!this.#run) {
      this.#held.push(packet);
      this.#held.splice(0, this.#held.length - mostHeld);
    } else if (!this.#run.stdin.writableNeedDrain) {
      this.#write(packet, this.#run);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    if (!this.#backchannel) {
      this.#stop.abort(); // One that is open is ended in an orderly way.
    }
    await this.#ready;
    await Promise.all([this.#run?.stop(), this.#backchannel?.[Symbol.asyncDispose]()]);
  }

  /** FFmpeg and the camera take their time side by side. */
  async #begin(): Promise<void> {
    const { speaker, ffmpeg } = this.#options;
    const opening = speaker.kind === 'backchannel' ? this.#open(speaker.url) : undefined;
    opening?.catch(() => undefined); // Awaited below.
    const found = await ffmpeg();
    if (speaker.kind === 'target') {
      this.#startFfmpeg(found, talkToTargetArguments(speaker.to, this.#options.gainDb));
      return;
    }
    this.#startEncoder(found, speaker.format);
    const backchannel = await opening;
    if (!backchannel || this.#over) {
      return;
    }
    if (!isSame(backchannel.format, speaker.format)) {
      this.#startEncoder(found, backchannel.format); // It was set to something else since.
    }
    for (const sound of this.#made.splice(0)) {
      backchannel.send(sound);
    }
  }

  async #open(url: string): Promise<Backchannel> {
    this.#backchannel = await Backchannel.open({ url, signal: this.#stop.signal, onEnded: (problem) => this.#fail(problem) });
    return this.#backchannel;
  }

  #startEncoder(ffmpeg: Ffmpeg, format: SpeakerFormat): void {
    const run = this.#startFfmpeg(ffmpeg, talkArguments(format, this.#options.gainDb));
    const send = (sound: Uint8Array): void => {
      if (run === this.#run) {
        this.#send(sound);
      }
    };
    if (format.codec === 'aac') {
      const reader = new Fmp4Reader({ onTracks: () => undefined, onSample: ({ data }) => send(data) });
      readFragments(run.stdout, reader, (error) => this.#fail(asProblem(error, 'talkback-failed')));
    } else {
      run.stdout.on('data', send);
    }
  }

  #startFfmpeg(ffmpeg: Ffmpeg, args: readonly string[]): FfmpegProcess {
    const before = this.#run;
    const { sampleRate, owner } = this.#options;
    const run = new FfmpegProcess({ path: ffmpeg.path, args, role: 'talk', owner });
    this.#run = run;
    this.#made = [];
    void before?.stop();
    void run.ended.then((end) => {
      if (!end.asked) {
        this.#fail(new Problem('talkback-failed', howEnded(end)));
      }
    });
    run.stdin.write(writeInit({ codec: 'copied', sampleEntry: opusSampleEntry({ channels: 1, inputSampleRate: sampleRate, preSkip: 0 }), timescale: sampleRate }));
    for (const packet of this.#held.splice(0)) {
      this.#write(packet, run);
    }
    return run;
  }

  #write({ payload, ticks }: SpokenPacket, { stdin }: FfmpegProcess): void {
    this.#baseTicks ??= ticks;
    this.#sequence += 1;
    const sample = { data: payload, durationTicks: 0, keyframe: true, compositionOffsetTicks: 0 };
    writeParts(stdin, writeFragment({ sequence: this.#sequence, samples: [sample], baseDecodeTimeTicks: ticks - this.#baseTicks }));
  }

  /** Waits for the camera, at first. */
  #send(sound: Uint8Array): void {
    if (this.#backchannel) {
      this.#backchannel.send(sound);
    } else {
      this.#made.push(Uint8Array.from(sound));
      this.#made.splice(0, this.#made.length - mostMade);
    }
  }

  #fail(problem: Problem): void {
    if (!this.#over) {
      this.#over = true;
      this.#options.onFailed(problem);
    }
  }
}

/** How a camera is talked to: as the user set it, else through its own speaker, where it has one. */
export function chooseSpeaker({ source, talkback }: Pick<CameraConfig, 'source' | 'talkback'>, own: SpeakerFormat | undefined): Speaker | undefined {
  const { enabled, target, format, codec } = talkback;
  if (!enabled) {
    return undefined;
  }
  if (target !== undefined && format !== undefined && codec !== undefined) {
    return { kind: 'target', to: { target, format, codec, arguments: talkback.arguments } };
  }
  return own && { kind: 'backchannel', url: source, format: own };
}

function isSame(a: SpeakerFormat, b: SpeakerFormat): boolean {
  return a.codec === b.codec && a.clockRate === b.clockRate && a.channels === b.channels;
}
