import type { IncomingMessage } from 'node:http';
import { FormatError } from '../../media/format-error.js';
import { isMultipart } from '../../media/http-content.js';
import { readJpegPicture, type JpegPicture } from '../../media/jpeg-picture.js';
import { JpegSplitter } from '../../media/jpeg-splitter.js';
import { Problem } from '../../problems.js';
import { beginningOf } from './answer-beginning.js';
import type { HttpAnswer, HttpAsk, HttpClient } from './http-client.js';
import { limitSilence } from './silence-limit.js';
import { wrongContent } from './wrong-content.js';

/**
 * The JPEGs in an answer, as they come; what is none, or broke off, is left out. Ends with the answer; who leaves off before ends that himself.
 * @param chunks of the body. @param withinMs the longest time between two pictures.
 * @throws Problem where none comes in that time, or the connection is lost.
 */
export async function* readJpegs(body: IncomingMessage, chunks: AsyncIterable<Buffer>, withinMs: number): AsyncGenerator<JpegPicture, void, undefined> {
  const splitter = new JpegSplitter();
  using limit = limitSilence(body, withinMs);
  try {
    for await (const chunk of chunks) {
      for (const jpeg of splitter.push(chunk)) {
        const picture = shown(jpeg);
        if (picture) {
          limit.came();
          yield picture;
        }
      }
    }
  } catch (error) {
    throw error instanceof FormatError ? new Problem('stream-unreadable', error.message) : asLost(error);
  }
}

export interface FetchedJpeg {
  readonly picture: JpegPicture;
  /** Whether the answer may have more than one, by its type. */
  readonly multipart: boolean;
}

/**
 * Asks for one picture. @param withinMs how long that may take, all in all.
 * @throws Problem; the signal's reason where that ended it.
 */
export async function fetchJpeg(client: HttpClient, { signal, withinMs, ...ask }: HttpAsk & { readonly withinMs: number }): Promise<FetchedJpeg> {
  const attempt = new AbortController();
  const stop = (): void => attempt.abort(signal.reason);
  const timer = setTimeout(() => attempt.abort(new Problem('camera-silent', `no picture within ${Math.ceil(withinMs / 1_000)} s`)), withinMs);
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    const answer = await client.get({ ...ask, signal: attempt.signal });
    return { picture: await firstJpeg(answer, withinMs), multipart: isMultipart(answer.type) };
  } catch (error) {
    attempt.signal.throwIfAborted();
    throw asLost(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function firstJpeg(answer: HttpAnswer, withinMs: number): Promise<JpegPicture> {
  const { body } = answer;
  let first: JpegPicture | undefined;
  try {
    const { content, chunks } = await beginningOf(answer);
    if (content !== 'jpegs') {
      throw content === 'hls' || content === 'stream' ? new Problem('stream-unreadable', 'no JPEG') : wrongContent(content);
    }
    for await (const picture of readJpegs(body, chunks, withinMs)) {
      first ??= picture;
      if (!body.complete) {
        break; // Read to its end, the connection serves for the next picture. One that goes on is not waited for.
      }
    }
  } finally {
    body.destroy();
  }
  if (!first) {
    throw new Problem('stream-unreadable', 'no whole JPEG in the answer');
  }
  return first;
}

function shown(jpeg: Buffer): JpegPicture | undefined {
  try {
    return readJpegPicture(jpeg, performance.now());
  } catch {
    return undefined; // It has a beginning and an end, and in between what no JPEG has.
  }
}

function asLost(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('camera-closed');
}
