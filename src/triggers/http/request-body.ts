import type { IncomingMessage, ServerResponse } from 'node:http';

export type BodyEnd = 'read' | 'too large' | 'broken off';

/** Reads a request's body to its end and keeps nothing of it: what is meant stands in the address. Stops at the first byte too many. */
export function skipBody(request: IncomingMessage, response: ServerResponse, mostBytes: number): Promise<BodyEnd> {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) {
    return Promise.resolve('too large');
  }
  if (request.headers.expect !== undefined) {
    response.writeContinue();
  }
  return new Promise((resolve) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) {
        request.pause();
        resolve('too large');
      }
    });
    request.on('end', () => resolve('read'));
    request.on('close', () => resolve('broken off'));
    request.on('error', () => resolve('broken off'));
  });
}
