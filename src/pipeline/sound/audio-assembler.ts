import type { AudioFormat } from '../../media/audio-packet.js';
import { Fmp4Reader, type Fmp4AudioTrack, type Fmp4Sample } from '../../media/fmp4-reader.js';
import type { AudioStream } from './audio-stream.js';
import { CrawlWatch, StreamClock } from '../stream-clock.js';

/** Sound further than this from when it came has a time that cannot be right, such as that of a camera with two clocks. */
const furthestMs = 1_000;
/** Sound that came before the first picture waits for that one's clock, at most so many packets (some ten seconds). */
const mostHeld = 512;

/** Makes audio packets, on this process's clock, of what an ingest's FFmpeg writes, and publishes them. */
export class AudioAssembler {
  readonly #audio: AudioStream;
  readonly #pictureClock: (streamMs: number) => number | undefined;
  readonly #ownClock = new StreamClock();
  readonly #crawl = new CrawlWatch();
  readonly #reader: Fmp4Reader;
  #track: { readonly track: Fmp4AudioTrack; readonly format: AudioFormat } | undefined;
  #held: Fmp4Sample[] = [];
  #arrivalMs = 0;
  #lastMs = -Infinity;
  #failed = false;

  /** @param pictureClock turns a time of FFmpeg's clock, common to both outputs, into the process's; undefined while it is not known. */
  constructor(audio: AudioStream, pictureClock: (streamMs: number) => number | undefined) {
    this.#audio = audio;
    this.#pictureClock = pictureClock;
    this.#reader = new Fmp4Reader({
      onTracks: (tracks) => {
        const track = tracks.find(({ kind }) => kind === 'audio');
        if (track?.kind === 'audio') {
          const { codec, sampleRate, channels, config, sampleEntry } = track;
          this.#track = { track, format: { codec, sampleRate, channels, config, sampleEntry } };
        }
      },
      onSample: (sample) => this.#take(sample),
    });
  }

  /** Whether the camera has set its clock such that FFmpeg lets the time of the sound crawl. */
  get clockSet(): boolean {
    return this.#crawl.crawls;
  }

  /** @throws FormatError once, where the bytes are not what FFmpeg should write; nothing is taken afterwards. */
  push(bytes: Uint8Array, arrivalMs: number): void {
    this.#arrivalMs = arrivalMs;
    if (this.#failed) {
      return;
    }
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  #take(sample: Fmp4Sample): void {
    const endMs = this.#streamMs(sample) + this.#durationMs(sample);
    this.#ownClock.observe(endMs, this.#arrivalMs);
    this.#crawl.observe(endMs, this.#arrivalMs);
    if (this.#pictureClock(endMs) === undefined) {
      this.#held.push(sample);
      this.#held.splice(0, this.#held.length - mostHeld);
      return;
    }
    for (const held of this.#held.splice(0)) {
      this.#publish(held);
    }
    this.#publish(sample);
  }

  #publish(sample: Fmp4Sample): void {
    if (!this.#track) {
      return;
    }
    const timeMs = Math.max(this.#processMs(this.#streamMs(sample)), this.#lastMs);
    this.#lastMs = timeMs;
    this.#audio.publish({ format: this.#track.format, data: sample.data, timeMs, durationMs: this.#durationMs(sample) });
  }

  /** By the clock of the pictures, which keeps lips in step, unless that is far from when the sound came. */
  #processMs(streamMs: number): number {
    const own = this.#ownClock.toProcessMs(streamMs);
    const common = this.#pictureClock(streamMs);
    return common !== undefined && Math.abs(common - own) <= furthestMs ? common : own;
  }

  #streamMs({ decodeTime, compositionOffset }: Fmp4Sample): number {
    const { presentationOffset, timescale } = this.#track?.track ?? { presentationOffset: 0, timescale: 1 };
    return ((decodeTime + compositionOffset + presentationOffset) / timescale) * 1000;
  }

  #durationMs({ duration }: Fmp4Sample): number {
    return (duration / (this.#track?.track.timescale ?? 1)) * 1000;
  }
}
