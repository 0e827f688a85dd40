import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { challenge, isAuthorised, type AuthenticationSettings } from '../camera/authentication.js';
import { makeSelfSigned } from '../mqtt/certificate.js';
import { usualForm, writePart, type MultipartForm } from './multipart.js';

export interface HttpCameraSettings {
  /** Shown one after the other, over and over again. */
  readonly pictures: readonly Buffer[];
  /** Pictures a second of the stream, and how often the single picture changes. */
  readonly fps?: number;
  readonly form?: Partial<MultipartForm>;
  readonly login?: AuthenticationSettings;
  /** Whether it speaks TLS, with a certificate that signs itself. */
  readonly encrypted?: boolean;
  /** Further ones are answered with 503. */
  readonly mostConnections?: number;
  /** Other paths. */
  readonly pages?: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>;
}

/** 'hangs': takes the connection and says nothing. 'stalls': stops in the middle of a stream. A number is the status of all answers. */
export type HttpFault = 'none' | 'hangs' | 'stalls' | number;

/** A camera that sends JPEGs over HTTP: a stream at /mjpeg, a single picture at /jpeg. */
export class HttpCamera implements AsyncDisposable {
  fault: HttpFault = 'none';
  /** Takes the place of the pictures of the settings. */
  pictures: readonly Buffer[];
  /** Closes the connection after each answer, and a stream after each picture. */
  closesEach = false;
  /** What was sent when, on the process clock, the newest last; `picture`: its number. */
  readonly sent: { readonly picture: number; readonly atMs: number }[] = [];
  /** Of all requests, the newest last. */
  readonly requests: { readonly path: string; readonly authorized: boolean }[] = [];
  readonly #settings: HttpCameraSettings;
  readonly #server: ReturnType<typeof createHttpServer>;
  readonly #sockets = new Set<Socket>();
  readonly #beganMs = performance.now();
  #nonceCount = 0;
  #total = 0;
  #highest = 0;

  static async open(settings: HttpCameraSettings): Promise<HttpCamera> {
    const camera = new HttpCamera(settings);
    await camera.listen();
    return camera;
  }

  private constructor(settings: HttpCameraSettings) {
    this.#settings = settings;
    this.pictures = settings.pictures;
    const answer = (request: IncomingMessage, response: ServerResponse): void => this.#answer(request, response);
    const { certificate: cert, key } = makeSelfSigned('camera.local');
    this.#server = settings.encrypted === true ? createHttpsServer({ cert, key }, answer) : createHttpServer(answer);
    this.#server.on(settings.encrypted === true ? 'secureConnection' : 'connection', (socket: Socket) => this.#count(socket));
  }

  /** @param login in front of the host: 'joe:secret'. */
  url(path: string, login?: string): string {
    return `${this.#settings.encrypted === true ? 'https' : 'http'}://${login === undefined ? '' : `${login}@`}127.0.0.1:${this.port}${path}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): { readonly now: number; readonly highest: number; readonly total: number } {
    return { now: this.#sockets.size, highest: this.#highest, total: this.#total };
  }

  /** When it last sent the picture with this number. */
  sentAt(picture: number): number | undefined {
    return this.sent.findLast((each) => each.picture === picture)?.atMs;
  }

  dropConnections(): void {
    this.#sockets.forEach((socket) => socket.destroy());
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  /** As if it were switched off. */
  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) {
      await this.stop();
    }
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket);
    this.#total += 1;
    this.#highest = Math.max(this.#highest, this.#sockets.size);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { login, mostConnections = Infinity, pages = {} } = this.#settings;
    const path = request.url ?? '';
    const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const authorized = login === undefined || (isAuthorised({ method: request.method ?? '', url: path, headers }, login, nonce) && this.#isNew(headers.get('authorization') ?? ''));
    this.requests.push({ path, authorized });
    response.on('error', () => undefined);
    if (this.fault === 'hangs') {
      return;
    }
    if (typeof this.fault === 'number') {
      response.writeHead(this.fault).end();
    } else if (this.#sockets.size > mostConnections) {
      response.writeHead(503).end();
    } else if (!authorized) {
      response.writeHead(401, { 'WWW-Authenticate': challenge(login, nonce) }).end('<html><body>Who are you?</body></html>');
    } else if (path === '/mjpeg') {
      this.#stream(response);
    } else if (path === '/jpeg') {
      this.#single(response);
    } else {
      (pages[path] ?? ((_, missing) => missing.writeHead(404).end()))(request, response);
    }
  }

  /** RFC 7616 3.4: with qop, each use of a nonce has a higher count. */
  #isNew(authorization: string): boolean {
    const count = /\bnc=([0-9a-f]{8})/.exec(authorization)?.[1];
    const before = this.#nonceCount;
    this.#nonceCount = count === undefined ? before : Number.parseInt(count, 16);
    return count === undefined || this.#nonceCount > before;
  }

  #stream(response: ServerResponse): void {
    const form = { ...usualForm, ...this.#settings.form };
    response.writeHead(200, { 'Content-Type': form.contentType, Connection: 'close' });
    let number = 0;
    const send = (): void => {
      if (this.fault !== 'stalls') {
        response.write(writePart(this.#note(number++), form));
      }
      if (this.closesEach) {
        response.end();
      }
    };
    send();
    const timer = setInterval(send, 1_000 / (this.#settings.fps ?? 10));
    response.on('close', () => clearInterval(timer));
  }

  #single(response: ServerResponse): void {
    const jpeg = this.#note(Math.floor(((performance.now() - this.#beganMs) * (this.#settings.fps ?? 10)) / 1_000));
    response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': jpeg.length, ...(this.closesEach ? { Connection: 'close' } : {}) }).end(jpeg);
  }

  #note(number: number): Buffer {
    const picture = number % this.pictures.length;
    this.sent.push({ picture, atMs: performance.now() });
    return this.pictures[picture] ?? Buffer.alloc(0);
  }
}

const nonce = '4f3c2b1a';
