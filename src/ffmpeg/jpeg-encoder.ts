import type { Picture } from '../media/picture.js';
import { nutFrameHeader, nutHeader } from '../media/nut-writer.js';
import type { FfmpegProcess } from './ffmpeg-process.js';
import { nextJpeg } from './jpeg-output.js';

/** Without anything to do one is kept so long. */
const keptMs = 30_000;
/** So many are kept; each takes 25 to 60 MB. */
const mostKept = 4;
/** Then another takes its place: each picture leaves something behind that waits for the end of its FFmpeg. */
const mostPictures = 500;
/** FFmpeg wants times that rise, and pictures of several cameras come to it. */
const betweenPicturesMs = 40;

/** One FFmpeg that makes JPEGs of pictures of one size, one after the other. */
export class JpegEncoder {
  /** Those with the same key do the same. */
  readonly key: string;
  readonly run: FfmpegProcess;
  #pictures = 0;

  constructor(key: string, run: FfmpegProcess) {
    this.key = key;
    this.run = run;
  }

  /** It has done its share. */
  get worn(): boolean {
    return this.#pictures >= mostPictures;
  }

  /**
   * Not to be called while another call is under way, nor after one failed.
   * @throws Problem snapshot-failed; also when `signal` ends it, and FFmpeg with it.
   */
  async encode(picture: Picture, signal: AbortSignal): Promise<Buffer> {
    if (this.#pictures === 0) {
      this.run.stdin.write(nutHeader(picture));
    }
    this.run.stdin.write(nutFrameHeader(this.#pictures * betweenPicturesMs, picture.i420.length));
    this.#pictures += 1;
    // The pipe reads the picture's own memory, in its own time.
    const written = picture.retain();
    this.run.stdin.write(written.i420, () => written[Symbol.dispose]());
    return nextJpeg(this.run, signal);
  }
}

interface Kept {
  readonly encoder: JpegEncoder;
  readonly timer: NodeJS.Timeout;
}

/** The encoders that wait for their next picture: Home asks for the same sizes again and again. */
export class KeptEncoders {
  /** The one that waits longest comes first. */
  readonly #kept = new Set<Kept>();
  #closed = false;

  /** One that does what `key` says, if there is one; it is the caller's now. */
  take(key: string): JpegEncoder | undefined {
    const kept = [...this.#kept].find(({ encoder }) => encoder.key === key);
    if (kept) {
      this.#forget(kept);
    }
    return kept?.encoder;
  }

  keep(encoder: JpegEncoder): void {
    if (this.#closed || encoder.worn) {
      void encoder.run.stop();
      return;
    }
    const kept = { encoder, timer: setTimeout(() => this.#drop(kept), keptMs) };
    this.#kept.add(kept);
    void encoder.run.ended.then(() => this.#forget(kept));
    const [oldest] = this.#kept;
    if (oldest && this.#kept.size > mostKept) {
      this.#drop(oldest);
    }
  }

  /** None is kept any more. */
  close(): void {
    this.#closed = true;
    this.#kept.forEach((kept) => this.#drop(kept));
  }

  #drop(kept: Kept): void {
    this.#forget(kept);
    void kept.encoder.run.stop();
  }

  #forget(kept: Kept): void {
    clearTimeout(kept.timer);
    this.#kept.delete(kept);
  }
}
