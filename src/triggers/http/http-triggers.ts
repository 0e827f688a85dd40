import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { reconnectDelayMs } from '../../policy/backoff.js';
import { ProblemLog, type Log } from '../../problem-log.js';
import { Problem, type ProblemCode } from '../../problems.js';
import { clientOf } from './client-limit.js';
import { httpLimits, type HttpLimits } from './http-limits.js';
import type { HttpPages } from './page.js';
import { RequestHandler } from './request-handler.js';
import type { TriggeredCamera } from './triggered-camera.js';

export type { HttpPages } from './page.js';
export type { TriggeredCamera } from './triggered-camera.js';

export interface HttpTriggersOptions {
  readonly port: number;
  /** Of this machine; 0.0.0.0 and :: mean all of them. */
  readonly address: string;
  readonly token: string;
  /** Takes the addresses of homebridge-camera-ffmpeg too, which carry no token. */
  readonly oldUrls: boolean;
  readonly cameras: readonly TriggeredCamera[];
  readonly pages: HttpPages;
  readonly log: Log;
  /** For tests, which have no time to wait for the usual ones. */
  readonly limits?: Partial<HttpLimits>;
  readonly now?: () => number;
}

const slowestCheckMs = 1_000;

/** Where nobody can be reached, as they mean all addresses of this machine. */
const everyAddress: readonly string[] = ['0.0.0.0', '::'];

/** In the words of the person at home; what is not here is told as the system says it. */
const refusals: Readonly<Partial<Record<string, { readonly code: ProblemCode; readonly because: string }>>> = {
  EADDRINUSE: { code: 'http-port-in-use', because: '' },
  EADDRNOTAVAIL: { code: 'http-unusable', because: 'this machine does not have this address' },
  EACCES: { code: 'http-unusable', because: 'the system does not allow Homebridge to use this port' },
  ENOTFOUND: { code: 'http-unusable', because: 'no such address is known' },
};

/** Lets cameras and scripts report motion and doorbells by HTTP, and shows pages. Listens at once, in the background; never throws. */
export class HttpTriggers implements AsyncDisposable {
  readonly #options: HttpTriggersOptions;
  readonly #problems: ProblemLog;
  readonly #server: Server;
  readonly #connections = new Map<string, number>();
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: HttpTriggersOptions) {
    const { log, now = () => performance.now() } = options;
    const limits = { ...httpLimits, ...options.limits };
    this.#options = options;
    this.#problems = new ProblemLog('HTTP', log, now);
    this.#server = serverWith(limits, new RequestHandler({ ...options, problems: this.#problems, limits, now }));
    this.#server.on('connection', (socket) => this.#admit(socket, limits.connectionsPerClient));
    this.#server.on('listening', () => this.#opened());
    this.#server.on('error', (error) => this.#failed(error));
    this.#listen();
  }

  /** The port that is open; undefined while none is. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await ended;
  }

  #listen(): void {
    try {
      this.#server.listen(this.#options.port, this.#options.address);
    } catch (error) {
      this.#failed(error as NodeJS.ErrnoException); // A port out of range.
    }
  }

  #opened(): void {
    const { log, cameras, pages, oldUrls, address } = this.#options;
    this.#failures = 0;
    this.#problems.solved('port', 'the port is open');
    const [camera] = cameras;
    const host = everyAddress.includes(address) ? `<this machine>:${this.port ?? ''}` : this.#where;
    const example = camera && `, for example: POST http://${host}/cameras/${camera.key}/${camera.reportsMotion ? 'motion' : 'doorbell'} with the header "Authorization: Bearer" and the token`;
    const readable = pages.size === 0 ? '' : ` To be read with the same header: ${[...pages.keys()].map((path) => `/${path}`).join(' and ')}.`;
    log.info(`HTTP: listening at ${this.#where}${example ?? ''}.${readable}${oldUrls ? ' The addresses of homebridge-camera-ffmpeg are taken too, without a token.' : ''}`);
  }

  #failed({ code = '', message }: NodeJS.ErrnoException): void {
    const refusal = refusals[code];
    const because = refusal?.because ?? message;
    const problem = new Problem(refusal?.code ?? 'http-unusable', [this.#where, because].filter((text) => text !== '').join(': '));
    if (this.#server.listening) {
      this.#problems.tell(problem); // One connection could not be taken, for example for want of descriptors.
      return;
    }
    if (this.#closed) {
      return;
    }
    this.#problems.report('port', problem);
    // The port may belong to a Homebridge that is just ending, the address may come with the network.
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#listen(), reconnectDelayMs({ failures: this.#failures, waitedFor: false, chance: 0 }));
  }

  /** One client that opens connections and says nothing does not take those of the others. */
  #admit(socket: Socket, most: number): void {
    const client = clientOf({ socket });
    const open = (this.#connections.get(client) ?? 0) + 1;
    if (open > most) {
      socket.destroy();
      return;
    }
    this.#connections.set(client, open);
    socket.once('close', () => {
      const left = (this.#connections.get(client) ?? 1) - 1;
      if (left > 0) {
        this.#connections.set(client, left);
      } else {
        this.#connections.delete(client);
      }
    });
  }

  get #where(): string {
    const { address, port } = this.#options;
    return `${address.includes(':') ? `[${address}]` : address}:${this.port ?? port}`;
  }
}

function serverWith(limits: HttpLimits, handler: RequestHandler): Server {
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersWithinMs,
    requestTimeout: limits.requestWithinMs,
    connectionsCheckingInterval: Math.min(slowestCheckMs, limits.headersWithinMs / 4),
    keepAliveTimeout: limits.keptMs,
    requireHostHeader: false, // The simplest devices leave it out.
  });
  server.maxConnections = limits.connections;
  // Also where somebody reads no answer.
  server.setTimeout(limits.requestWithinMs + limits.keptMs);
  const answer: RequestListener = (request, response) => void handler.handle(request, response);
  server.on('request', answer);
  // Who asks before sending a body (curl does) is refused before it is sent.
  server.on('checkContinue', answer);
  return server;
}
