import type { IncomingMessage } from 'node:http';

/** What refuses, or sends on, says so in a few words. */
const soonMs = 100;
const fewBytes = 16 * 1024;

/** Reads an answer of no use to its end, so that its connection serves for the next one. Where the end does not come soon, the connection is closed. */
export async function passOver(body: IncomingMessage): Promise<void> {
  const closed = Promise.withResolvers<undefined>();
  let bytes = 0;
  const timer = setTimeout(() => body.destroy(), soonMs);
  body.on('error', () => undefined);
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > fewBytes) {
      body.destroy();
    }
  });
  body.on('close', () => closed.resolve(undefined));
  if (!body.closed) {
    await closed.promise;
  }
  clearTimeout(timer);
}
