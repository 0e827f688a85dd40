import { setTimeout as sleep } from 'node:timers/promises';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import { recordedSoundArguments } from '../../ffmpeg/sound-arguments.js';
import { AacTrack, recordedSound } from '../../media/aac-track.js';
import type { AudioFormat, AudioPacket } from '../../media/audio-packet.js';
import type { TrackRun } from '../../media/fmp4-writer.js';
import { asProblem, type Problem } from '../../problems.js';
import type { AudioReader, AudioStream } from '../sound/audio-stream.js';
import { oncePerTurn } from '../sound/once-per-turn.js';
import { SoundEncoder } from '../sound/sound-encoder.js';

/**
 * Sound that is on its way is waited for this long at the end of a fragment, then silence takes its place. An encoder that is just
 * starting gets longer, a slow machine needs it: otherwise all of the past would be silent. Hubs wait 5 s for the first fragment.
 */
const graceMs = { starting: 2_000, running: 600 } as const;
const lookEveryMs = 10;
/** A microphone that has sent nothing for so long is mute, and not waited for. */
const muteAfterMs = 1_500;

export interface RecordedSoundOptions {
  readonly audio: AudioStream;
  /** Time 0 of the clip, process clock. */
  readonly startMs: number;
  readonly bitrateKbps: number;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  /** Where its output socket may lie for a moment. */
  readonly socketFolder: string;
  readonly onProblem: (problem: Problem) => void;
  readonly owner?: FfmpegOwner | undefined;
}

/** What becomes of the camera's sound; decided by its first packet. */
type Way =
  | { readonly kind: 'silence' }
  | { readonly kind: 'copied' }
  | { readonly kind: 'starting'; readonly first: AudioPacket }
  | { readonly kind: 'encoded'; readonly encoder: SoundEncoder }
  | { readonly kind: 'failed' };

/** The sound track of a recording: copied where it is what HomeKit records, else encoded; silence where there is none. */
export class RecordedSound implements AsyncDisposable {
  readonly #options: RecordedSoundOptions;
  readonly #track: AacTrack;
  readonly #reader: AudioReader;
  #way: Way = { kind: 'silence' };
  #encoder: SoundEncoder | undefined;
  #graceMs: number = graceMs.starting;
  #closed = false;

  constructor(options: RecordedSoundOptions) {
    this.#options = options;
    this.#track = new AacTrack(options.startMs);
    this.#reader = options.audio.read(options.startMs, oncePerTurn(() => this.#move()));
    this.#move();
  }

  /** How the sound comes into the recording, for the log. */
  get way(): Way['kind'] {
    return this.#way.kind;
  }

  /** The sound up to then, waited for where it is on its way; silence in place of what is not there. */
  async take(untilMs: number, signal: AbortSignal): Promise<TrackRun> {
    const deadlineMs = performance.now() + this.#graceMs;
    this.#graceMs = graceMs.running;
    while (this.#isOnItsWay(untilMs) && performance.now() < deadlineMs && !signal.aborted) {
      await sleep(lookEveryMs);
      this.#move(); // What FFmpeg did not take before.
    }
    return this.#track.take(untilMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#reader[Symbol.dispose]();
    await this.#encoder?.[Symbol.asyncDispose]();
  }

  #isOnItsWay(untilMs: number): boolean {
    const { newestMs } = this.#options.audio;
    return this.#track.reachesMs < untilMs && this.#way.kind !== 'failed' && newestMs !== undefined && newestMs > untilMs - muteAfterMs;
  }

  /** Moves on what has come since. */
  #move(): void {
    if (this.#closed) {
      return;
    }
    switch (this.#way.kind) {
      case 'silence':
        this.#begin();
        return;
      case 'copied':
        for (const packet of this.#rest()) {
          this.#track.push(packet.data, packet.timeMs);
        }
        return;
      case 'encoded':
        this.#encode(this.#way.encoder, []);
        return;
      case 'starting':
      case 'failed':
        return;
    }
  }

  #begin(): void {
    const first = this.#reader.next();
    if (!first) {
      return;
    }
    if (isRecordedSound(first.format)) {
      this.#way = { kind: 'copied' };
      this.#track.push(first.data, first.timeMs);
      this.#move();
    } else {
      this.#way = { kind: 'starting', first };
      void this.#startEncoder(first);
    }
  }

  async #startEncoder(first: AudioPacket): Promise<void> {
    const { bitrateKbps, socketFolder, owner } = this.#options;
    try {
      const ffmpeg = await this.#options.ffmpeg();
      if (this.#hasEnded()) {
        return;
      }
      const encoder = await SoundEncoder.start({
        ffmpeg,
        socketFolder,
        args: recordedSoundArguments({ bitrateKbps }),
        first,
        onFrame: (data, timeMs) => this.#track.push(data, timeMs),
        onProblem: (problem) => this.#fail(problem),
        code: 'recording-sound-failed',
        owner,
      });
      if (this.#hasEnded()) {
        await encoder[Symbol.asyncDispose]();
        return;
      }
      this.#encoder = encoder;
      this.#way = { kind: 'encoded', encoder };
      this.#encode(encoder, [first]);
    } catch (error) {
      this.#fail(asProblem(error, 'recording-sound-failed'));
    }
  }

  /** It may have ended while something was awaited. */
  #hasEnded(): boolean {
    return this.#closed;
  }

  #encode(encoder: SoundEncoder, before: readonly AudioPacket[]): void {
    if (encoder.takes) {
      encoder.write([...before, ...this.#rest()]);
    }
  }

  *#rest(): Generator<AudioPacket> {
    for (let packet = this.#reader.next(); packet; packet = this.#reader.next()) {
      yield packet;
    }
  }

  #fail(problem: Problem): void {
    if (this.#way.kind !== 'failed') {
      this.#way = { kind: 'failed' };
      this.#options.onProblem(problem);
    }
  }
}

/** AAC-LC, mono, 32 kHz, also where the configuration goes on with a sync extension that announces no SBR. */
export function isRecordedSound({ codec, config, channels, sampleRate }: AudioFormat): boolean {
  return codec === 'aac' && channels === recordedSound.channels && sampleRate === recordedSound.sampleRate && recordedSound.config.every((byte, index) => config[index] === byte);
}
