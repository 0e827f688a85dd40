import { httpContent, type HttpContent } from '../../media/http-content.js';
import type { HttpAnswer } from './http-client.js';
import { limitSilence } from './silence-limit.js';

const withinMs = 10_000;

/** What an answer is, and all of its bytes. Leaving off reading them does not end it. */
export interface AnswerBeginning {
  readonly content: HttpContent;
  readonly chunks: AsyncIterable<Buffer>;
}

/** Looks at the first bytes. @throws Problem where none come; what the connection failed with. */
export async function beginningOf({ type, body }: HttpAnswer): Promise<AnswerBeginning> {
  using _limit = limitSilence(body, withinMs);
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let seen = Buffer.alloc(0);
  for (;;) {
    const next = await chunks.next();
    const ended = next.done === true;
    seen = ended ? seen : Buffer.concat([seen, next.value]);
    const content = httpContent(type, seen, { ended });
    if (content) {
      return { content, chunks: following(seen, chunks) };
    }
  }
}

async function* following(seen: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield seen;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    yield next.value;
  }
}
