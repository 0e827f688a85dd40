import { howEnded } from '../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../ffmpeg/ffmpeg-process.js';
import { hardwareOf, type Hardware, type HardwareChoice } from '../ffmpeg/hardware/hardware.js';
import { encodeArguments } from '../ffmpeg/hardware/video-arguments.js';
import type { FfmpegOwner } from '../ffmpeg/running-ffmpegs.js';
import type { AccessUnit } from '../media/access-unit.js';
import { nutFrameHeader, nutHeader } from '../media/nut-writer.js';
import type { RenditionSettings } from '../policy/rendition-choice.js';
import type { Frame } from './frame-pool.js';
import { readFragments } from './fragment-output.js';
import { unitReader } from './unit-reader.js';
import { StuckWatch } from './stuck-watch.js';
import { writeParts } from './unit-writer.js';

/** What it may have taken in without having given it back; more is an encoder that is too slow. */
const mostInFlight = 8;
/** FFmpeg's MP4 muxer gives a picture out when the next one comes. The first is given it twice, so that a view need not wait for that. */
const echoMs = 5;
/** Of the bitrate that is asked for: the packets' own bytes take the rest. */
const payloadShare = 0.95;

export interface EncoderRunOptions {
  readonly hardware: Pick<Hardware, 'encoder'>;
  readonly settings: RenditionSettings;
  /** Of the pictures that it is given. */
  readonly source: { readonly width: number; readonly height: number };
  /** The rate that they really come at, where it is known: encoders share out their bits by it. */
  readonly sourceFps?: number | undefined;
  readonly onUnit: (unit: AccessUnit) => void;
  readonly owner?: FfmpegOwner | undefined;
}

export type EncoderEnd = { readonly kind: 'asked' } | { readonly kind: 'failed'; readonly because: string; readonly choice: HardwareChoice };

/** One FFmpeg that encodes pictures of one size. Pictures that it has no time for are left out: the newest one waits, no other. */
export class EncoderRun {
  /** Never rejects, unless there is no FFmpeg: with a Problem. */
  readonly ended: Promise<EncoderEnd>;
  readonly #options: EncoderRunOptions;
  readonly #stop = new AbortController();
  #choice: HardwareChoice | undefined;
  #run: FfmpegProcess | undefined;
  #waiting: Frame | undefined;
  #writing = false;
  /** Times of what FFmpeg has not given back yet. */
  #inFlight: number[] = [];
  #baseMs: number | undefined;
  #over = false;
  #written = 0;
  #dropped = 0;

  /** Starts FFmpeg, which is ready when the first picture comes. */
  constructor(options: EncoderRunOptions) {
    this.#options = options;
    this.ended = this.#encode(this.#stop.signal).finally(() => {
      this.#over = true;
      this.#drop();
    });
  }

  get source(): EncoderRunOptions['source'] {
    return this.#options.source;
  }

  /** What encodes; undefined until that is decided. */
  get choice(): HardwareChoice | undefined {
    return this.#choice;
  }

  /** Pictures left out because it was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes the picture, now or as soon as there is time for it. */
  offer(frame: Frame): void {
    if (this.#stop.signal.aborted || this.#over) {
      return;
    }
    if (this.#waiting) {
      this.#dropped += 1;
      this.#waiting[Symbol.dispose]();
    }
    this.#waiting = frame.retain();
    this.#write();
  }

  stop(): void {
    this.#stop.abort();
    this.#drop();
  }

  async #encode(signal: AbortSignal): Promise<EncoderEnd> {
    const { hardware, settings, source, sourceFps, owner } = this.#options;
    const choice = await hardware.encoder(settings);
    if (this.#stop.signal.aborted) {
      return { kind: 'asked' };
    }
    this.#choice = choice;
    const fps = Math.max(1, Math.min(settings.fps, Math.round(sourceFps ?? settings.fps)));
    const args = encodeArguments(choice, { ...settings, fps, bitrateKbps: Math.round(settings.bitrateKbps * payloadShare), sourceWidth: source.width, sourceHeight: source.height });
    const run = new FfmpegProcess({ path: choice.ffmpeg.path, args, role: 'encode', owner, hardware: hardwareOf(choice) });
    const failure: { because?: string } = {};
    const giveUp = (because: string): void => {
      failure.because ??= because;
      void run.stop();
    };
    const watch = new StuckWatch(
      choice.preset,
      () => (this.#inFlight.length >= mostInFlight ? 'pictures' : this.#writing ? 'input' : undefined),
      () => this.#written,
      giveUp,
    );
    const output = unitReader(
      () => this.#baseMs ?? 0,
      (unit) => {
        watch.gave();
        this.#inFlight = this.#inFlight.filter((timeMs) => timeMs > unit.timeMs + 0.5);
        this.#options.onUnit(unit);
        this.#write();
      },
    );
    readFragments(run.stdout, output, ({ message }) => giveUp(`FFmpeg wrote what cannot be read: ${message}`));
    const stop = (): void => void run.stop();
    signal.addEventListener('abort', stop);
    run.stdin.write(nutHeader({ ...source, fps }));
    this.#run = run;
    this.#write();
    const end = await run.ended;
    watch[Symbol.dispose]();
    signal.removeEventListener('abort', stop);
    return signal.aborted ? { kind: 'asked' } : { kind: 'failed', because: failure.because ?? howEnded(end), choice };
  }

  /** The waiting picture, when FFmpeg has taken the one before and is not behind. */
  #write(): void {
    const frame = this.#waiting;
    if (!frame || !this.#run || this.#writing || this.#inFlight.length >= mostInFlight) {
      return;
    }
    this.#waiting = undefined;
    const times = this.#baseMs === undefined ? [frame.timeMs, frame.timeMs + echoMs] : [frame.timeMs];
    const baseMs = (this.#baseMs ??= frame.timeMs);
    this.#writing = true;
    this.#inFlight.push(...times);
    const bytes = frame.i420;
    const parts = times.flatMap((timeMs) => [nutFrameHeader(timeMs - baseMs, bytes.length), bytes]);
    writeParts(this.#run.stdin, parts, () => {
      frame[Symbol.dispose]();
      this.#writing = false;
      this.#written += 1;
      this.#write();
    });
  }

  #drop(): void {
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = undefined;
  }
}
