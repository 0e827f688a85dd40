import type { IncomingMessage } from 'node:http';
import { FormatError } from '../../media/format-error.js';
import { readJpegPicture, type JpegPicture } from '../../media/jpeg-picture.js';
import { JpegSplitter } from '../../media/jpeg-splitter.js';
import { Problem } from '../../problems.js';
import { beginningOf } from './answer-beginning.js';
import type { HttpAsk, HttpClient } from './http-client.js';
import { limitSilence } from './silence-limit.js';

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

/**
 * Asks for one picture.
 * @throws Problem; the signal's reason where that ended it.
 */
export async function fetchJpeg(client: HttpClient, ask: HttpAsk & { readonly withinMs: number }): Promise<JpegPicture> {
  const answer = await client.get(ask);
  const { body } = answer;
  let first: JpegPicture | undefined;
  try {
    const { content, chunks } = await beginningOf(answer);
    if (content !== 'jpegs') {
      throw new Problem(content === 'page' ? 'camera-web-page' : 'stream-unreadable', content === 'page' ? '' : 'no JPEG');
    }
    for await (const picture of readJpegs(body, chunks, ask.withinMs)) {
      first ??= picture;
      if (!body.complete) {
        break; // Read to its end, the connection serves for the next picture. One that goes on is not waited for.
      }
    }
  } catch (error) {
    ask.signal.throwIfAborted();
    throw asLost(error);
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
