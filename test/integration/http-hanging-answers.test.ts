import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { HttpClient } from '../../src/pipeline/http/http-client.js';
import { fetchJpeg } from '../../src/pipeline/http/read-jpegs.js';
import { makeJpegs } from '../support/http-camera/jpegs.js';
import { usualForm, writePart } from '../support/http-camera/multipart.js';
import { openHttpCamera } from '../support/http-camera/opened-http-camera.js';
import { machinePace } from '../support/machine-pace.js';

let pictures: readonly Buffer[];
const picture = (): Buffer => pictures[0] ?? Buffer.alloc(0);
const { signal } = new AbortController();

beforeAll(async () => {
  pictures = await makeJpegs();
}, 60_000);

interface Served extends AsyncDisposable {
  readonly url: string;
}

/** A camera that answers as told; all its connections end with it. */
async function serve(answer: RequestListener): Promise<Served> {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dispose = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://joe:secret@127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: dispose };
}

describe('an answer without an end, to a request that is not the last', () => {
  test.concurrent.each<[string, RequestListener]>([
    ['a refusal', ({ headers }, response) => (headers.authorization === undefined ? response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).write('please') : response.end(picture()))],
    ['a refusal of any length', ({ headers }, response) => (headers.authorization === undefined ? response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end(Buffer.alloc(1_000_000)) : response.end(picture()))],
    ['a redirect', ({ url }, response) => (url === '/' ? response.writeHead(302, { Location: '/new' }).write('moved') : response.end(picture()))],
  ])('%s', async (_name, answer) => {
    await using camera = await serve(answer);
    using client = new HttpClient(camera.url);
    expect((await fetchJpeg(client, { signal, withinMs: 20_000 })).picture.jpeg).toEqual(picture());
  }, 30_000);

  test.concurrent('a refusal of a nonce that is too old, in the middle of single pictures', async () => {
    let asked = 0;
    const page: RequestListener = ({ headers }, response) => {
      asked += 1;
      if (headers.authorization !== undefined && asked !== 8) {
        response.end(picture());
      } else {
        response.writeHead(401, { 'WWW-Authenticate': `Digest realm="r", nonce="${asked}", stale=true` }).write('x');
      }
    };
    await using it = await openHttpCamera({ pictures, pages: { '/poll': page } }, { path: '/poll', login: 'joe:secret', options: { pollRate: 10 } });
    await it.until(() => asked >= 20);
    expect(it.camera.main.connections).toBe(1);
  }, 60_000);
});

describe('nothing is waited for without an end', () => {
  test.concurrent('a request that waits for the only connection', async () => {
    await using camera = await serve((_, response) => void response.writeHead(200).write('x'));
    using client = new HttpClient(camera.url);
    await client.get({ signal });
    await expect(client.get({ signal, answerWithinMs: 200 })).rejects.toMatchObject({ code: 'camera-silent' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 200);
    await expect(client.get({ signal: stop.signal })).rejects.toThrow('enough');
  }, 30_000);

  test.concurrent('a camera that sends on, slowly', async () => {
    await using camera = await serve((_, response) => void setTimeout(() => response.writeHead(302, { Location: '/' }).end(), 3_500));
    using client = new HttpClient(camera.url);
    const askedMs = performance.now();
    await expect(client.get({ signal })).rejects.toMatchObject({ code: 'camera-silent' });
    expect(performance.now() - askedMs).toBeLessThan(11_000 * (await machinePace()));
  }, 60_000);

  test.concurrent('a picture that never becomes whole, or does not even begin', async () => {
    const drip: RequestListener = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'image/jpeg' }).flushHeaders();
      const timer = setInterval(() => response.write(Buffer.from([0xff])), 50);
      response.on('close', () => clearInterval(timer));
    };
    for (const answer of [drip, (_, response) => response.writeHead(200, { 'Content-Type': 'image/jpeg' }).flushHeaders()] satisfies RequestListener[]) {
      await using camera = await serve(answer);
      using client = new HttpClient(camera.url);
      const askedMs = performance.now();
      await expect(fetchJpeg(client, { signal, withinMs: 500 })).rejects.toMatchObject({ code: 'camera-silent' });
      expect(performance.now() - askedMs).toBeLessThan(3_000 * (await machinePace()));
    }
  }, 30_000);
});

describe('a camera of single pictures that changes', () => {
  test.concurrent('its password is told the old one twice, and no more until it is connected to again', async () => {
    let [asked, refused, changed] = [0, 0, false];
    const page: RequestListener = ({ headers }, response) => {
      asked += 1;
      if (headers.authorization !== undefined && !changed) {
        return void response.end(picture());
      }
      refused += headers.authorization === undefined ? 0 : 1;
      response.writeHead(401, { 'WWW-Authenticate': `Digest realm="r", nonce="${asked}"` }).end();
    };
    await using it = await openHttpCamera({ pictures, pages: { '/poll': page } }, { path: '/poll', login: 'joe:secret', options: { pollRate: 10 } });
    await it.until(() => it.camera.main.state.kind === 'live');
    changed = true;
    await it.until(() => it.camera.main.state.kind === 'waiting');
    expect(it.problem()).toBe('camera-refused-login');
    expect(refused).toBe(2);
  }, 60_000);

  test.concurrent('into a stream is opened as one', async () => {
    let asked = 0;
    const page: RequestListener = (_, response) => {
      asked += 1;
      if (asked < 6) {
        return void response.end(picture());
      }
      response.writeHead(200, { 'Content-Type': usualForm.contentType });
      const timer = setInterval(() => response.write(writePart(picture(), usualForm)), 50);
      response.on('close', () => clearInterval(timer));
    };
    await using it = await openHttpCamera({ pictures, pages: { '/change': page } }, { path: '/change', options: { pollRate: 4 } });
    await it.until(() => it.camera.main.connections === 2 && it.camera.main.state.kind === 'live');
    const before = it.units.length;
    await it.until(() => it.units.length >= before + 60);
    expect(asked).toBe(7);
  }, 60_000);
});
