import type { AccessUnit, VideoFormat } from '../media/access-unit.js';
import { FormatError } from '../media/format-error.js';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../media/fmp4-reader.js';
import { isKeyframe } from '../media/nal.js';
import { videoFormatFromTrack, withInBandParameterSets } from '../media/video-format.js';
import { ingestArguments, type IngestSource } from '../ffmpeg/arguments.js';
import { diagnoseIngest } from '../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../ffmpeg/find-ffmpeg.js';
import { openOutputSocket } from '../ffmpeg/output-socket.js';
import { Problem } from '../problems.js';
import { reconnect } from '../policy/backoff.js';
import type { PacketStream } from './packet-stream.js';
import { StreamClock } from './stream-clock.js';

/**
 * While nobody reads along, packets are taken from the socket in bundles: a fifth of the wake-ups. At 10 Mbit/s the socket
 * holds what comes meanwhile; FFmpeg waits for the rest.
 */
const gatherMs = 150;

export interface IngestOptions {
  readonly ffmpeg: Ffmpeg;
  readonly source: IngestSource;
  readonly packets: PacketStream;
  /** Ends the connection. */
  readonly signal: AbortSignal;
  /** The first picture has come. */
  readonly onConnected: () => void;
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface IngestEnd {
  /** Undefined where the end was asked for. */
  readonly problem: Problem | undefined;
  /** From the first to the last picture. */
  readonly healthyForMs: number;
}

/** One connection to a camera, from opening to its end; its pictures go into `packets`. Never rejects. */
export async function runIngest({ ffmpeg, source, packets, signal, onConnected, onLine }: IngestOptions): Promise<IngestEnd> {
  const assembler = new UnitAssembler(packets, onConnected);
  let problem: Problem | undefined;
  let lastPacketMs = performance.now();
  const take = (bytes: Buffer): void => {
    lastPacketMs = performance.now();
    try {
      assembler.push(bytes, lastPacketMs);
    } catch (error) {
      if (!(error instanceof FormatError)) {
        throw error;
      }
      problem ??= new Problem('stream-unreadable', error.message, { cause: error });
      stop();
    }
  };
  let gatherTimer: NodeJS.Timeout | undefined;
  const output = await openOutputSocket((bytes) => {
    take(bytes);
    if (packets.readers > 0 || !assembler.settled) {
      return true;
    }
    gatherTimer = setTimeout(() => output?.ours.resume(), gatherMs);
    return false;
  });
  const run = new FfmpegProcess({ path: ffmpeg.path, args: ingestArguments(source), role: 'ingest', output, onLine });
  if (!output) {
    run.stdout.on('data', take);
  }
  packets.onRead = () => output?.ours.resume();
  const stop = (): void => void run.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) {
    stop();
  }
  const watchdog = setInterval(() => {
    if (performance.now() - lastPacketMs > reconnect.deadAfterMs) {
      problem ??= new Problem('camera-silent', `nothing for ${reconnect.deadAfterMs / 1000} s`);
      stop();
    }
  }, reconnect.deadAfterMs / 10);
  const end = await run.ended;
  clearInterval(watchdog);
  clearTimeout(gatherTimer);
  packets.onRead = () => undefined;
  run.stdout.destroy();
  signal.removeEventListener('abort', stop);
  assembler.close();
  packets.interrupt();
  return {
    problem: signal.aborted ? undefined : (problem ?? diagnoseIngest(end, assembler.healthyForMs > 0)),
    healthyForMs: assembler.healthyForMs,
  };
}

/** Makes access units, on this process's clock, of what FFmpeg writes. */
class UnitAssembler {
  readonly #packets: PacketStream;
  readonly #onConnected: () => void;
  readonly #reader: Fmp4Reader;
  readonly #clock = new StreamClock();
  #track: Fmp4Track | undefined;
  #format: VideoFormat | undefined;
  #arrivalMs = 0;
  #firstMs: number | undefined;
  /** The first burst, held back until the clock knows where the present is; undefined once it has gone out. */
  #held: Fmp4Sample[] | undefined = [];
  #settleTimer: NodeJS.Timeout | undefined;
  #lastDecodeMs = -Infinity;

  constructor(packets: PacketStream, onConnected: () => void) {
    this.#packets = packets;
    this.#onConnected = onConnected;
    this.#reader = new Fmp4Reader({
      onTracks: (tracks) => this.#begin(tracks),
      onSample: (sample) => this.#take(sample),
    });
  }

  /** Whether pictures go out as they come. */
  get settled(): boolean {
    return this.#held === undefined;
  }

  get healthyForMs(): number {
    return this.#firstMs === undefined ? 0 : this.#arrivalMs - this.#firstMs;
  }

  push(chunk: Buffer, arrivalMs: number): void {
    this.#arrivalMs = arrivalMs;
    this.#reader.push(chunk);
  }

  close(): void {
    clearTimeout(this.#settleTimer);
  }

  #begin(tracks: readonly Fmp4Track[]): void {
    const track = tracks.find((each) => each.kind === 'video');
    if (!track) {
      throw new FormatError('no picture in the stream');
    }
    this.#track = track;
    this.#format = videoFormatFromTrack(track);
  }

  #take(sample: Fmp4Sample): void {
    if (this.#firstMs === undefined) {
      this.#firstMs = this.#arrivalMs;
      this.#settleTimer = setTimeout(() => this.#release(), this.#clock.settleMs);
      this.#onConnected();
    }
    this.#clock.observe(this.#decodeMs(sample), this.#arrivalMs);
    if (this.#held) {
      this.#held.push(sample);
      return;
    }
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
      this.#format = withInBandParameterSets(this.#format, sample.data);
    }
    // Strictly rising, whatever the camera's clock does: readers rely on it.
    const decodeTimeMs = Math.max(this.#clock.toProcessMs(this.#decodeMs(sample)), this.#lastDecodeMs + 0.01);
    this.#lastDecodeMs = decodeTimeMs;
    const timeMs = decodeTimeMs + (sample.compositionOffset / this.#track.timescale) * 1000;
    const unit: AccessUnit = { format: this.#format, data: sample.data, keyframe, timeMs, decodeTimeMs };
    this.#packets.publish(unit);
  }

  /** On the clock common to all outputs of this FFmpeg. */
  #decodeMs(sample: Fmp4Sample): number {
    const track = this.#track;
    return track ? ((sample.decodeTime + track.presentationOffset) / track.timescale) * 1000 : 0;
  }
}
