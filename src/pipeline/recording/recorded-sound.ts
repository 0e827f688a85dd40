import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import { AacTrack, recordedSound } from '../../media/aac-track.js';
import type { AudioFormat, AudioPacket } from '../../media/audio-packet.js';
import type { TrackRun } from '../../media/fmp4-writer.js';
import { asProblem, type Problem } from '../../problems.js';
import type { AudioReader, AudioStream } from '../audio-stream.js';
import { SoundEncoder } from './sound-encoder.js';

export interface RecordedSoundOptions {
  readonly audio: AudioStream;
  /** Time 0 of the clip, process clock. */
  readonly startMs: number;
  readonly bitrateKbps: number;
  readonly ffmpeg: () => Promise<Ffmpeg>;
  readonly onProblem: (problem: Problem) => void;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** What becomes of the camera's sound; decided by its first packet. */
type Way =
  | { readonly kind: 'silence' }
  | { readonly kind: 'copy' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'encode'; readonly encoder: SoundEncoder }
  | { readonly kind: 'failed' };

/** The sound track of a recording: copied where it is what HomeKit records, else encoded; silence where there is none. */
export class RecordedSound implements AsyncDisposable {
  readonly #options: RecordedSoundOptions;
  readonly #track: AacTrack;
  readonly #reader: AudioReader;
  #way: Way = { kind: 'silence' };
  #closed = false;

  constructor(options: RecordedSoundOptions) {
    this.#options = options;
    this.#track = new AacTrack(options.startMs);
    this.#reader = options.audio.read(options.startMs, () => undefined);
  }

  /** How the sound comes into the recording, for the log. */
  get way(): Way['kind'] {
    return this.#way.kind;
  }

  /** Whether the sound up to then is there, or none is to be expected. */
  has(untilMs: number): boolean {
    this.#pump();
    return this.#track.reachesMs >= untilMs || this.#options.audio.format === undefined || this.#way.kind === 'failed';
  }

  /** The sound up to then; silence in place of what is not there. */
  take(untilMs: number): TrackRun {
    this.#pump();
    return this.#track.take(untilMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#reader[Symbol.dispose]();
    await (this.#way.kind === 'encode' ? this.#way.encoder[Symbol.asyncDispose]() : undefined);
  }

  /** Moves on what has come since. */
  #pump(): void {
    switch (this.#way.kind) {
      case 'silence':
        this.#begin();
        return;
      case 'copy':
        for (let packet = this.#reader.next(); packet; packet = this.#reader.next()) {
          this.#track.push(packet.data, packet.timeMs);
        }
        return;
      case 'encode':
        this.#encode(this.#way.encoder);
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
      this.#way = { kind: 'copy' };
      this.#track.push(first.data, first.timeMs);
      this.#pump();
    } else {
      this.#way = { kind: 'starting' };
      void this.#startEncoder(first);
    }
  }

  async #startEncoder(first: AudioPacket): Promise<void> {
    const { bitrateKbps, onLine } = this.#options;
    try {
      const ffmpeg = await this.#options.ffmpeg();
      if (this.#closed) {
        return;
      }
      const encoder = new SoundEncoder({ ffmpeg, first, bitrateKbps, onFrame: (data, timeMs) => this.#track.push(data, timeMs), onProblem: (problem) => this.#fail(problem), onLine });
      this.#way = { kind: 'encode', encoder };
      this.#encode(encoder, first);
    } catch (error) {
      this.#fail(asProblem(error, 'recording-sound-failed'));
    }
  }

  #encode(encoder: SoundEncoder, first?: AudioPacket): void {
    if (!encoder.takes) {
      return;
    }
    const packets = first ? [first] : [];
    for (let packet = this.#reader.next(); packet; packet = this.#reader.next()) {
      packets.push(packet);
    }
    if (packets.length > 0) {
      encoder.write(packets);
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
function isRecordedSound({ codec, config, channels, sampleRate }: AudioFormat): boolean {
  return codec === 'aac' && channels === recordedSound.channels && sampleRate === recordedSound.sampleRate && recordedSound.config.every((byte, index) => config[index] === byte);
}
