import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { Problem } from '../../problems.js';
import { Login, userAgent } from '../login.js';
import { networkWords } from '../network-words.js';
import { readHttpAddress, redirectedTo, writeHttpAddress, type HttpAddress } from './http-address.js';
import { passOver } from './pass-over.js';

export interface HttpAnswer {
  /** Where it came from in the end, with user and password. */
  readonly address: string;
  /** The header Content-Type. */
  readonly type: string | undefined;
  /** To be read to its end, or destroyed. */
  readonly body: IncomingMessage;
}

export interface HttpAsk {
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal;
  /** How long the camera may take until its answer begins; 5 s unless told otherwise. */
  readonly answerWithinMs?: number | undefined;
}

interface Question extends HttpAsk {
  /** The answer is to have begun by then, on the process clock. */
  readonly untilMs: number;
}

const answerWithinMs = 5_000;
/** For all that one picture or stream is asked with: logins and redirects together. */
const wholeWithinMs = 10_000;
const mostRedirects = 5;
const redirections: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Cameras sign their certificates themselves, and old ones know only what is forbidden by now: FFmpeg asks for no more either. */
const anyEncryption = { rejectUnauthorized: false, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

/** One connection at a time, which is used again: some cameras have no second one. */
const oneConnection = { keepAlive: true, maxSockets: 1 } as const;

/** What a camera means by a status. */
const meanings: Readonly<Record<number, Problem['code']>> = { 401: 'camera-refused-login', 403: 'camera-refused-login', 404: 'camera-stream-not-found', 410: 'camera-stream-not-found', 429: 'camera-busy', 503: 'camera-busy' };

/**
 * Asks one address of a camera, again and again where that is wanted. Logs in when asked to (Digest, else Basic) and follows where it is
 * sent. All its failures are problems; none has an address or a password in it.
 */
export class HttpClient implements Disposable {
  readonly #address: HttpAddress;
  readonly #login: Login;
  readonly #agents = { 'http:': new HttpAgent(oneConnection), 'https:': new HttpsAgent({ ...oneConnection, ...anyEncryption }) } as const;

  /** @param url with user and password, where the camera asks for them. */
  constructor(url: string) {
    this.#address = readHttpAddress(url);
    this.#login = new Login(this.#address.credentials);
  }

  /** @throws Problem where the answer is anything but 200; the signal's reason where that ended it. */
  async get(ask: HttpAsk): Promise<HttpAnswer> {
    let address = this.#address;
    let login = this.#login;
    const question: Question = { ...ask, untilMs: performance.now() + wholeWithinMs };
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const body = await this.#askLoggedIn(address.url, login, question);
      const { location } = body.headers;
      const target = location !== undefined && redirections.has(body.statusCode ?? 0) ? redirectedTo(address, location) : undefined;
      if (!target) {
        return answerOf(body, address);
      }
      await passOver(body);
      login = target.credentials === this.#address.credentials ? this.#login : new Login(target.credentials);
      address = target;
    }
    throw new Problem('camera-http-error', `it sends on more than ${mostRedirects} times`);
  }

  /** Closes its connections. */
  [Symbol.dispose](): void {
    this.#agents['http:'].destroy();
    this.#agents['https:'].destroy();
  }

  async #askLoggedIn(url: URL, login: Login, question: Question): Promise<IncomingMessage> {
    const body = await this.#ask(url, login, question);
    if (body.statusCode !== 401 || !login.answers(challengesOf(body))) {
      return body;
    }
    await passOver(body);
    return await this.#ask(url, login, question);
  }

  /** A connection that is used again may have been closed by the camera at that moment: then with another one. */
  async #ask(url: URL, login: Login, question: Question): Promise<IncomingMessage> {
    try {
      return await this.#request(url, login, question);
    } catch (error) {
      if (error instanceof StaleConnection) {
        return await this.#request(url, login, question);
      }
      throw error;
    }
  }

  async #request(url: URL, login: Login, { signal, answerWithinMs: withinMs = answerWithinMs, untilMs }: Question): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const authorized = login.header('GET', `${url.pathname}${url.search}`);
    const headers = { 'User-Agent': userAgent, Accept: '*/*', ...(authorized === undefined ? {} : { Authorization: authorized }) };
    // Cameras write headers as they like: lines that end with LF alone, control characters.
    const options = { headers, signal, insecureHTTPParser: true } as const;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = url.protocol === 'https:' ? requestHttps(url, { ...options, agent: this.#agents['https:'] }) : requestHttp(url, { ...options, agent: this.#agents['http:'] });
    request.on('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) => reject(whyNoAnswer(error, { signal, reused: request.reusedSocket })));
    // A request that still waits for the one connection says nothing when it is ended.
    const giveUp = (why: Error): void => {
      reject(why);
      request.destroy();
    };
    const aborted = (): void => giveUp(asError(signal.reason));
    const timer = setTimeout(() => giveUp(new Problem('camera-silent', 'no answer')), Math.max(0, Math.min(withinMs, untilMs - performance.now())));
    signal.addEventListener('abort', aborted);
    request.end();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    }
  }
}

/** The camera has closed a connection that was kept for the next request. */
class StaleConnection extends Error {}

function whyNoAnswer(error: NodeJS.ErrnoException, { signal, reused }: { readonly signal: AbortSignal; readonly reused: boolean }): Error {
  if (signal.aborted || error instanceof Problem) {
    return signal.aborted ? asError(signal.reason) : error;
  }
  const { code = '' } = error;
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return reused ? new StaleConnection() : new Problem('camera-closed');
  }
  if (code === 'ETIMEDOUT') {
    return new Problem('camera-silent', 'no answer');
  }
  if (code.startsWith('HPE_')) {
    return new Problem('stream-unreadable', 'what it answers is no HTTP');
  }
  const encryption = /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/.test(code) ? 'no encrypted connection could be agreed on' : undefined;
  return new Problem('camera-unreachable', networkWords(error) ?? encryption ?? 'the connection failed');
}

function answerOf(body: IncomingMessage, address: HttpAddress): HttpAnswer {
  const status = body.statusCode ?? 0;
  if (status === 200) {
    return { address: writeHttpAddress(address), type: body.headers['content-type'], body };
  }
  body.on('error', () => undefined);
  body.destroy();
  throw new Problem(meanings[status] ?? 'camera-http-error', `status ${status}`);
}

/** Each header by itself: a challenge may have commas in it. */
function challengesOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate');
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
