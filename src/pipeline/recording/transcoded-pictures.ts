import { recordingArguments, type RecordingTranscodeRequest } from '../../ffmpeg/arguments.js';
import { howEnded } from '../../ffmpeg/diagnose.js';
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js';
import type { Ffmpeg } from '../../ffmpeg/find-ffmpeg.js';
import type { AccessUnit } from '../../media/access-unit.js';
import { asProblem, Problem } from '../../problems.js';
import { readFragments } from '../fragment-output.js';
import { renditionReader } from '../transcoder.js';
import type { PacketReader } from '../packet-stream.js';
import { UnitWriter } from '../unit-writer.js';
import { CopiedPictures, type RecordedPictures } from './recorded-pictures.js';

/** New pictures are looked for this often; the encoder takes longer for one than to wait for it matters. */
const feedEveryMs = 50;

export interface TranscodedPicturesOptions {
  readonly ffmpeg: Ffmpeg;
  readonly reader: PacketReader;
  /** What the reader gave last: the keyframe to begin with. */
  readonly first: AccessUnit;
  readonly request: Omit<RecordingTranscodeRequest, 'libavutilMajor'>;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** The camera's pictures through one FFmpeg, which reads what has passed as fast as it can. */
export class TranscodedPictures implements RecordedPictures {
  readonly #source: CopiedPictures;
  readonly #run: FfmpegProcess;
  readonly #timer: NodeJS.Timeout;
  readonly #ready: AccessUnit[] = [];
  #over: RecordedPictures['over'];

  constructor({ ffmpeg, reader, first, request, onLine }: TranscodedPicturesOptions) {
    this.#source = new CopiedPictures(reader, first);
    this.#run = new FfmpegProcess({ path: ffmpeg.path, args: recordingArguments({ ...request, libavutilMajor: ffmpeg.libavutilMajor }), role: 'transcode', onLine });
    this.#collect(first.decodeTimeMs);
    const writer = new UnitWriter(this.#run.stdin, first);
    const feed = (): void => this.#feed(writer);
    this.#run.stdin.on('drain', feed);
    this.#timer = setInterval(feed, feedEveryMs);
    feed();
    void this.#run.ended.then((end) => {
      clearInterval(this.#timer);
      const failed = this.#source.over === undefined && !end.asked;
      const problem = failed ? new Problem('recording-failed', howEnded(end)) : undefined;
      this.#over ??= this.#source.over ?? { because: 'FFmpeg ended', problem };
    });
  }

  get over(): RecordedPictures['over'] {
    return this.#ready.length > 0 ? undefined : this.#over;
  }

  next(): AccessUnit | undefined {
    return this.#ready.shift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#run.stop();
  }

  #collect(baseMs: number): void {
    const output = renditionReader(baseMs, (unit) => this.#ready.push(unit));
    readFragments(this.#run.stdout, output, (error) => {
      this.#over ??= { because: 'FFmpeg wrote what cannot be read', problem: asProblem(error, 'recording-failed') };
      void this.#run.stop();
    });
  }

  /** No faster than FFmpeg takes it: what waits lies in the ring. */
  #feed(writer: UnitWriter): void {
    while (writer.takes) {
      const unit = this.#source.next();
      if (!unit) {
        if (this.#source.over) {
          writer.end();
        }
        return;
      }
      writer.write(unit);
    }
  }
}
