import type { VideoFormat } from '../media/access-unit.js';
import { FieldPairs } from '../media/field-pairs.js';
import { FormatError } from '../media/format-error.js';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../media/fmp4-reader.js';
import { isKeyframe } from '../media/nal.js';
import { videoFormatFromTrack, withInBandParameterSets } from '../media/video-format.js';
import type { PacketStream } from './packet-stream.js';
import { CrawlWatch, RateWatch, StreamClock } from './stream-clock.js';

/** Steps of published times; strictly rising, whatever the camera's clock does: readers rely on it. */
const leastStepMs = 0.01;
/** Nothing is reordered over more. Where a camera's clock jumps, FFmpeg has the new time for showing some pictures before the one for decoding. */
const longestReorderMs = 5_000;

/** Makes access units, on this process's clock, of what an ingest's FFmpeg writes, and publishes them. */
export class UnitAssembler {
  readonly #packets: PacketStream;
  readonly #watchesClock: boolean;
  readonly #reader: Fmp4Reader;
  readonly #clock = new StreamClock();
  readonly #crawl = new CrawlWatch();
  readonly #rate = new RateWatch();
  readonly #fields = new FieldPairs<Fmp4Sample>();
  #track: Fmp4Track | undefined;
  #format: VideoFormat | undefined;
  #arrivalMs = 0;
  #firstMs: number | undefined;
  /** The first burst, held back until the clock knows where the present is; undefined once it has gone out. */
  #held: Fmp4Sample[] | undefined = [];
  #settleTimer: NodeJS.Timeout | undefined;
  #lastDecodeMs = -Infinity;

  /** @param times 'arrival': of when FFmpeg read the pictures, so that no clock of a camera is in them. */
  constructor(packets: PacketStream, times: 'camera' | 'arrival' = 'camera') {
    this.#packets = packets;
    this.#watchesClock = times === 'camera';
    this.#reader = new Fmp4Reader({
      onTracks: (tracks) => this.#begin(tracks),
      onSample: (sample) => this.#takeWhole(sample),
    });
  }

  /** Whether the pictures are none that are kept as they are: something else than H.264 and HEVC. */
  get unfit(): boolean {
    return this.#track !== undefined && this.#format === undefined;
  }

  /** Whether pictures go out as they come. */
  get settled(): boolean {
    return this.#held === undefined;
  }

  /** The process time of a time of FFmpeg's clock; undefined while that is not known. */
  toProcessMs(streamMs: number): number | undefined {
    return this.settled ? this.#clock.toProcessMs(streamMs) : undefined;
  }

  /** Whether the camera has set its clock such that FFmpeg lets time crawl. */
  get clockSet(): boolean {
    return this.#watchesClock && this.#crawl.crawls;
  }

  /** Whether the camera's times run too fast or too slowly. */
  get wrongRate(): boolean {
    return this.#watchesClock && this.#rate.isWrong;
  }

  /** From the first to the last picture. */
  get healthyForMs(): number {
    return this.#firstMs === undefined ? 0 : this.#arrivalMs - this.#firstMs;
  }

  /** @throws FormatError where the bytes are not what FFmpeg should write. */
  push(bytes: Uint8Array, arrivalMs: number): void {
    this.#arrivalMs = arrivalMs;
    this.#reader.push(bytes);
  }

  /** Publishes nothing more of what is held back. */
  close(): void {
    clearTimeout(this.#settleTimer);
    this.#held &&= [];
  }

  #begin(tracks: readonly Fmp4Track[]): void {
    const track = tracks.find((each) => each.kind === 'video');
    if (!track) {
      throw new FormatError('no picture in the stream');
    }
    this.#track = track;
    this.#format = videoFormatFromTrack(track);
  }

  #takeWhole(sample: Fmp4Sample): void {
    if (this.#format?.mayBeFields === true) {
      this.#fields.take(this.#format, sample).forEach((whole) => this.#take(whole));
    } else {
      this.#take(sample);
    }
  }

  #take(sample: Fmp4Sample): void {
    if (this.#firstMs === undefined) {
      this.#firstMs = this.#arrivalMs;
      this.#settleTimer = setTimeout(() => this.#release(), this.#clock.settleMs);
    }
    const decodeMs = this.#decodeMs(sample);
    this.#clock.observe(decodeMs, this.#arrivalMs);
    if (this.#held) {
      this.#held.push(sample);
      return;
    }
    this.#crawl.observe(decodeMs, this.#arrivalMs);
    this.#rate.observe(decodeMs, this.#arrivalMs);
    this.#publish(sample);
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const sample of held) {
      this.#publish(sample);
    }
  }

  #publish(sample: Fmp4Sample): void {
    if (!this.#format || !this.#track) {
      return;
    }
    const keyframe = isKeyframe(this.#format.codec, sample.data);
    if (keyframe) {
      this.#format = this.#withFields(withInBandParameterSets(this.#format, sample.data));
    }
    const decodeTimeMs = Math.max(this.#clock.toProcessMs(this.#decodeMs(sample)), this.#lastDecodeMs + leastStepMs);
    this.#lastDecodeMs = decodeTimeMs;
    const reorderMs = (sample.compositionOffset / this.#track.timescale) * 1000;
    const timeMs = decodeTimeMs + (Math.abs(reorderMs) > longestReorderMs ? 0 : reorderMs);
    this.#packets.publish({ format: this.#format, data: sample.data, keyframe, timeMs, decodeTimeMs });
  }

  #withFields(format: VideoFormat): VideoFormat {
    return format.mayBeFields === true && format.interlaced !== true && this.#fields.seen ? { ...format, interlaced: true } : format;
  }

  /** On the clock common to all outputs of this FFmpeg. */
  #decodeMs(sample: Fmp4Sample): number {
    const track = this.#track;
    return track ? ((sample.decodeTime + track.presentationOffset) / track.timescale) * 1000 : 0;
  }
}
