import type { AudioFormat } from '../../media/audio-packet.js';
import { Fmp4Reader, type Fmp4AudioTrack, type Fmp4Sample } from '../../media/fmp4-reader.js';
import { FormatError } from '../../media/format-error.js';
import { soundDurationMs } from '../../media/sound-duration.js';
import { isKeptAsItIs } from '../../policy/sound-choice.js';
import type { AudioStream } from './audio-stream.js';
import { SoundTimes, type Noted, type StreamedSound } from './sound-times.js';

/** Sound that came before the first picture waits for that one's clock, at most so many packets (some ten seconds). */
const mostHeld = 512;

interface ReadTrack {
  readonly track: Fmp4AudioTrack;
  readonly format: AudioFormat;
}

type ReadSound = StreamedSound & { readonly format: AudioFormat; readonly data: Uint8Array };

/** Makes audio packets, on this process's clock, of what an ingest's FFmpeg writes, and publishes them. */
export class AudioAssembler {
  readonly #audio: AudioStream;
  readonly #times: SoundTimes;
  readonly #reader: Fmp4Reader;
  #track: ReadTrack | undefined;
  /** Read, and not yet noted. */
  #came: ReadSound[] = [];
  #held: Noted<ReadSound>[] = [];
  #lastMs = -Infinity;
  #heard = false;
  #failed = false;
  #unfit = false;

  /** @param pictureClock turns a time of FFmpeg's clock, common to both outputs, into the process's; undefined while it is not known. */
  constructor(audio: AudioStream, pictureClock: (streamMs: number) => number | undefined) {
    this.#audio = audio;
    this.#times = new SoundTimes(pictureClock);
    this.#reader = new Fmp4Reader({
      onTracks: (tracks) => {
        const track = tracks.find(({ kind }) => kind === 'audio');
        if (track?.kind === 'audio') {
          const { codec, sampleRate, channels, config, sampleEntry } = track;
          this.#unfit = !isKeptAsItIs(codec);
          this.#track = this.#unfit ? undefined : { track, format: { codec, sampleRate, channels, config, sampleEntry } };
        }
      },
      onSample: (sample) => {
        if (this.#track) {
          this.#came.push(readSound(sample, this.#track));
        }
      },
    });
  }

  /** Whether this is sound that nobody could make anything of, as it is; then none of it is published. */
  get unfit(): boolean {
    return this.#unfit;
  }

  /** Whether anything came. */
  get heard(): boolean {
    return this.#heard;
  }

  /** @throws FormatError once, where the bytes are not what FFmpeg should write, or no times can be made; nothing is taken afterwards. */
  push(bytes: Uint8Array, arrivalMs: number): void {
    this.#heard = true;
    if (this.#failed) {
      return;
    }
    try {
      this.#reader.push(bytes);
      this.#take(arrivalMs);
    } catch (error) {
      this.#failed = true;
      this.#audio.interrupt();
      throw error;
    }
  }

  #take(arrivalMs: number): void {
    this.#held.push(...this.#times.note(this.#came.splice(0), arrivalMs));
    if (this.#times.cannotBeMade) {
      throw new FormatError('its times stand still');
    }
    if (!this.#times.isSettled) {
      this.#held.splice(0, this.#held.length - mostHeld);
      return;
    }
    for (const sound of this.#held.splice(0)) {
      const { timeMs, durationMs } = this.#times.place(sound);
      this.#lastMs = Math.max(timeMs, this.#lastMs);
      this.#audio.publish({ format: sound.format, data: sound.data, timeMs: this.#lastMs, durationMs });
    }
  }
}

function readSound({ decodeTime, compositionOffset, duration, data }: Fmp4Sample, { track, format }: ReadTrack): ReadSound {
  const { presentationOffset, timescale } = track;
  return {
    format,
    data,
    streamMs: ((decodeTime + compositionOffset + presentationOffset) / timescale) * 1000,
    durationMs: (duration / timescale) * 1000,
    heldMs: soundDurationMs(format, data),
  };
}
