import type { Writable } from 'node:stream';
import type { JpegPicture } from '../../media/jpeg-picture.js';
import { nutFrameHeader, nutHeader } from '../../media/nut-writer.js';
import { reconnect } from '../../policy/backoff.js';
import { writeParts } from '../unit-writer.js';
import type { HeldJpeg } from './newest-jpeg.js';

/** FFmpeg's MP4 muxer gives a picture out when the next one comes. Where that is to be expected later than this, the picture is given twice. */
const soonMs = 300;
/** So far apart: less, and the limit of the ingest's rate would leave the second one out. */
const echoMs = 40;
/** And so often once more where none comes: a camera of few pictures is not to look dead, and a view can begin. Next to nothing once it is encoded. */
const repeatEveryMs = 1_000;
/** Times rise from picture to picture. */
const leastStepMs = 1;

/** Writes JPEGs of one size into an FFmpeg, as NUT, each with the time that it came. What FFmpeg has no time for is left out: the newest waits. */
export class JpegFeed implements Disposable {
  readonly #stdin: Writable;
  #baseMs: number | undefined;
  /** When the newest picture came, and the time of what was written last. */
  #cameMs = -Infinity;
  #lastMs = -Infinity;
  #waiting: HeldJpeg | undefined;
  #writing = false;
  #again: NodeJS.Timeout | undefined;

  constructor(stdin: Writable, size: Pick<JpegPicture, 'width' | 'height'>) {
    this.#stdin = stdin;
    stdin.write(nutHeader({ ...size, codec: 'MJPG' }));
  }

  offer(picture: HeldJpeg): void {
    this.#waiting = picture;
    this.#writeWaiting();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#again);
    this.#waiting = undefined;
  }

  #writeWaiting(): void {
    const picture = this.#waiting;
    if (!picture || this.#writing) {
      return;
    }
    this.#waiting = undefined;
    const { timeMs } = picture;
    const seldom = timeMs - this.#cameMs > soonMs;
    this.#cameMs = timeMs;
    this.#write(picture, seldom ? [timeMs, timeMs + echoMs] : [timeMs]);
    this.#repeatIn(seldom ? repeatEveryMs : soonMs, picture);
  }

  #repeatIn(ms: number, picture: HeldJpeg): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      const nowMs = performance.now();
      if (nowMs > picture.timeMs + picture.goodForMs + reconnect.deadAfterMs) {
        return; // Whoever fetches the next one should have given up: a frozen picture is not to look live.
      }
      if (!this.#writing) {
        this.#write(picture, [nowMs, nowMs + echoMs]);
      }
      this.#repeatIn(repeatEveryMs, picture);
    }, ms);
  }

  #write({ jpeg }: JpegPicture, times: readonly number[]): void {
    const parts = times.flatMap((timeMs) => {
      const baseMs = (this.#baseMs ??= timeMs);
      this.#lastMs = Math.max(timeMs, this.#lastMs + leastStepMs);
      return [nutFrameHeader(this.#lastMs - baseMs, jpeg.length), jpeg];
    });
    this.#writing = true;
    writeParts(this.#stdin, parts, () => {
      this.#writing = false;
      this.#writeWaiting();
    });
  }
}
