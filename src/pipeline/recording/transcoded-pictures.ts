import { howEnded } from '../../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js';
import { hardwareOf, type Hardware, type HardwareChoice } from '../../ffmpeg/hardware/hardware.js';
import type { RecordingConversionRequest } from '../../ffmpeg/hardware/requests.js';
import { recordingConversionArguments } from '../../ffmpeg/hardware/video-arguments.js';
import type { FfmpegOwner } from '../../ffmpeg/running-ffmpegs.js';
import type { AccessUnit } from '../../media/access-unit.js';
import { asProblem, Problem } from '../../problems.js';
import { readFragments } from '../fragment-output.js';
import type { PacketReader } from '../packet-reader.js';
import { bitDepthOf } from '../source-video.js';
import { StuckWatch } from '../stuck-watch.js';
import { unitReader } from '../unit-reader.js';
import { UnitWriter } from '../unit-writer.js';
import { CopiedPictures, type RecordedPictures } from './recorded-pictures.js';

/** New pictures are looked for this often; the encoder takes longer for one than to wait for it matters. */
const feedEveryMs = 50;

/** What is to come out. The rest of an FFmpeg's request is known from the stream. */
export type RecordedRendition = Omit<RecordingConversionRequest, 'codec' | 'sourceWidth' | 'sourceHeight' | 'sourceBitDepth' | 'sourceFullRange' | 'sourceInterlaced'>;

export interface TranscodedPicturesOptions {
  readonly hardware: Pick<Hardware, 'recording' | 'failed'>;
  readonly reader: PacketReader;
  /** What the reader gave last: the keyframe to begin with. */
  readonly first: AccessUnit;
  readonly request: RecordedRendition;
  readonly owner?: FfmpegOwner | undefined;
}

interface Conversion {
  readonly decode: HardwareChoice;
  readonly encode: HardwareChoice;
}

/**
 * The camera's pictures through one FFmpeg, which reads what has passed as fast as it can. Hardware that fails before the first picture
 * is replaced; after that the clip has its parameter sets and ends, and the next one is made in another way.
 */
export class TranscodedPictures implements RecordedPictures {
  readonly #options: TranscodedPicturesOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  readonly #ready: AccessUnit[] = [];
  #gave = false;
  #over: RecordedPictures['over'];

  constructor(options: TranscodedPicturesOptions) {
    this.#options = options;
    this.#done = this.#convert().catch((error: unknown) => {
      this.#over = { because: 'there is no FFmpeg for it', problem: asProblem(error, 'recording-failed') };
    });
  }

  get over(): RecordedPictures['over'] {
    return this.#ready.length > 0 ? undefined : this.#over;
  }

  next(): AccessUnit | undefined {
    return this.#ready.shift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #convert(): Promise<void> {
    const { hardware, reader, first, request } = this.#options;
    const { signal } = this.#stop;
    let source = new CopiedPictures(reader, first);
    for (;;) {
      const conversion = await hardware.recording(first.format, request);
      if (signal.aborted) {
        return;
      }
      const failure = await this.#run(conversion, source, signal);
      if (failure === undefined) {
        this.#over = source.over ?? { because: 'FFmpeg ended' };
        return;
      }
      const { decode, encode } = conversion;
      const replaced = hardware.failed(encode.preset.name === 'software' ? decode : encode, 'record', failure);
      reader.seekBefore(first.decodeTimeMs);
      if (!replaced || this.#gave || reader.next() !== first) {
        this.#over = { because: 'FFmpeg ended', problem: new Problem('recording-failed', failure) };
        return;
      }
      source = new CopiedPictures(reader, first);
    }
  }

  /** One FFmpeg. @returns why it failed; undefined where it came to the end of what there is, or was stopped. */
  async #run({ decode, encode }: Conversion, source: CopiedPictures, signal: AbortSignal): Promise<string | undefined> {
    const { first, request, owner } = this.#options;
    const { codec, width, height, fullRange, interlaced } = first.format;
    const args = recordingConversionArguments(decode, encode, { ...request, codec, sourceWidth: width, sourceHeight: height, sourceBitDepth: bitDepthOf(first.format), sourceFullRange: fullRange, sourceInterlaced: interlaced });
    const run = new FfmpegProcess({ path: encode.ffmpeg.path, args, role: 'transcode', owner, hardware: hardwareOf(encode) ?? hardwareOf(decode) });
    const failure: { because?: string } = {};
    const giveUp = (because: string): void => {
      failure.because ??= because;
      void run.stop();
    };
    const writer = new UnitWriter(run.stdin, first);
    const preset = encode.preset.name === 'software' ? decode.preset : encode.preset;
    const watch = new StuckWatch(
      preset,
      () => (writer.takes || source.over ? undefined : 'input'),
      () => writer.written,
      giveUp,
    );
    const output = unitReader(
      () => first.decodeTimeMs,
      (unit) => {
        watch.gave();
        this.#gave = true;
        this.#ready.push(unit);
      },
    );
    readFragments(run.stdout, output, ({ message }) => giveUp(`FFmpeg wrote what cannot be read: ${message}`));
    const feed = (): void => feedInto(writer, source);
    const timer = setInterval(feed, feedEveryMs);
    run.stdin.on('drain', feed);
    feed();
    const stop = (): void => void run.stop();
    signal.addEventListener('abort', stop);
    const end = await run.ended;
    signal.removeEventListener('abort', stop);
    clearInterval(timer);
    watch[Symbol.dispose]();
    return signal.aborted || (source.over && failure.because === undefined) ? undefined : (failure.because ?? howEnded(end));
  }
}

/** No faster than FFmpeg takes it: what waits lies in the ring. */
function feedInto(writer: UnitWriter, source: CopiedPictures): void {
  while (writer.takes) {
    const unit = source.next();
    if (!unit) {
      if (source.over) {
        writer.end();
      }
      return;
    }
    writer.write(unit);
  }
}
