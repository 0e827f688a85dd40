import type { ServerResponse } from 'node:http';
import type { TriggerResult } from './trigger-actions.js';
import type { TriggeredCamera } from './triggered-camera.js';

/** An answer, ready to be sent. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as it is: then the headers say what it is. */
  readonly body: object | string;
}

/** How answers are written. */
export interface ReplyForm {
  /** @param wasMoving whether the camera reported motion already. */
  done(camera: TriggeredCamera, result: TriggerResult, wasMoving: boolean): Reply;
  refused(status: number, why: string, more?: Pick<Reply, 'headers'> & { readonly details?: object }): Reply;
}

export const ourForm: ReplyForm = {
  done: ({ name }, result) => ({ status: 200, body: { ok: true, camera: name, ...result } }),
  refused: (status, why, { headers = {}, details } = {}) => ({ status, headers, body: { ok: false, error: why, ...details } }),
};

export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // Of a request that was refused, the rest need not be read.
    ...(status >= 400 ? { Connection: 'close' } : {}),
    ...headers,
  });
  response.end(text);
}
