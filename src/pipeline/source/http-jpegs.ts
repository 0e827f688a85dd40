import { setTimeout as sleep } from 'node:timers/promises';
import { isMultipart } from '../../media/http-content.js';
import type { JpegPicture } from '../../media/jpeg-picture.js';
import { reconnect } from '../../policy/backoff.js';
import { jpegPolling, nextFetchMs } from '../../policy/jpeg-polling.js';
import { Problem } from '../../problems.js';
import type { AnswerBeginning } from '../http/answer-beginning.js';
import type { HttpAnswer, HttpClient } from '../http/http-client.js';
import { fetchJpeg, readJpegs, type FetchedJpeg } from '../http/read-jpegs.js';
import type { HeldJpeg } from './newest-jpeg.js';

/** A JPEG of the stream is as good as one of now for so long. */
const streamedGoodForMs = 1_000;

export interface HttpJpegsOptions {
  readonly client: HttpClient;
  readonly answer: HttpAnswer;
  readonly chunks: AnswerBeginning['chunks'];
  /** Pictures a second, where each answer is but one. */
  readonly rate: number;
  readonly signal: AbortSignal;
}

/**
 * The pictures of a camera that sends JPEGs over HTTP: those of one answer without an end; or, where the answer was one picture,
 * fetched one by one.
 * @throws Problem where no more can be had.
 */
export async function* httpJpegs(options: HttpJpegsOptions): AsyncGenerator<HeldJpeg, void, undefined> {
  const only = yield* answered(options);
  const goodForMs = 1_000 / options.rate + jpegPolling.lateMs;
  yield { ...only, goodForMs };
  yield* fetched(options, goodForMs);
}

/** @returns the picture of an answer that was but one. */
async function* answered({ answer, chunks }: HttpJpegsOptions): AsyncGenerator<HeldJpeg, JpegPicture, undefined> {
  let pictures = 0;
  let last: JpegPicture | undefined;
  for await (const picture of readJpegs(answer.body, chunks, reconnect.deadAfterMs)) {
    pictures += 1;
    last = picture;
    yield { ...picture, goodForMs: streamedGoodForMs };
  }
  if (!last) {
    throw new Problem('stream-unreadable', 'no whole JPEG in the answer');
  }
  if (pictures > 1) {
    throw new Problem('camera-closed');
  }
  return last;
}

async function* fetched({ client, answer, rate, signal }: HttpJpegsOptions, goodForMs: number): AsyncGenerator<HeldJpeg, void, undefined> {
  let dueMs = performance.now();
  for (;;) {
    dueMs = nextFetchMs({ lastDueMs: dueMs, nowMs: performance.now(), rate });
    await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal });
    const { picture, multipart } = await fetchPatiently(client, signal);
    yield { ...picture, goodForMs };
    if (multipart && !isMultipart(answer.type)) {
      throw new Problem('camera-closed'); // It has become a stream, which is to be opened as one.
    }
  }
}

/** @throws what the last try failed with. */
async function fetchPatiently(client: HttpClient, signal: AbortSignal): Promise<FetchedJpeg> {
  const { tries, withinMs, pauseMs, answerWithinMs } = jpegPolling;
  const untilMs = performance.now() + withinMs;
  for (let failures = 1; ; failures++) {
    try {
      const leftMs = Math.max(1, untilMs - performance.now());
      return await fetchJpeg(client, { signal, answerWithinMs, withinMs: leftMs });
    } catch (error) {
      const wrongLogin = error instanceof Problem && error.code === 'camera-refused-login'; // Cameras lock out who goes on.
      if (failures >= tries || performance.now() + pauseMs >= untilMs || signal.aborted || wrongLogin) {
        throw error;
      }
    }
    await sleep(pauseMs, undefined, { signal });
  }
}
