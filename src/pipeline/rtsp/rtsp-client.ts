import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FormatError } from '../../media/format-error.js';
import { headerOf, RtspReader, writeInterleavedFrame, writeRtspRequest, type RtspResponse } from '../../media/rtsp-message.js';
import { Problem } from '../../problems.js';
import { Login, userAgent } from '../login.js';
import { networkWords } from '../network-words.js';
import { readRtspAddress, type RtspAddress } from './rtsp-address.js';

export interface RtspClientOptions {
  /** rtsp:// or rtsps://, with user and password where the camera asks for them. */
  readonly url: string;
  /** Aborting it ends the connection at once; what is waited for then fails with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the camera may take to accept the connection, and to answer each request; 5 s unless told otherwise. */
  readonly answerWithinMs?: number | undefined;
  /** Told once, when the camera or the network ends the connection. */
  readonly onClosed?: ((problem: Problem) => void) | undefined;
}

/** What is asked in one request, besides what each request has. */
export interface RtspQuestion {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answerWithinMs?: number;
}

const answerWithinMs = 5_000;
const notUnderstood = 'what it answers cannot be understood';
/**
 * One RTSP connection with a camera, over TCP or TLS. Logs in when asked to (Digest, else Basic). All its failures are problems with
 * the code `talkback-unreachable`; none has an address or a password in it.
 */
export class RtspClient implements Disposable {
  /** Where it is connected, as requests name it: without user and password. */
  readonly url: string;
  readonly #options: RtspClientOptions;
  readonly #address: RtspAddress;
  readonly #socket: Socket;
  readonly #reader = new RtspReader();
  /** By CSeq. */
  readonly #asked = new Map<number, (response: RtspResponse) => void>();
  readonly #waiting = new Set<(cause: unknown) => void>();
  readonly #login: Login;
  #sequence = 0;
  #end: { readonly cause: unknown } | undefined;

  private constructor(options: RtspClientOptions) {
    this.#options = options;
    this.#address = readRtspAddress(options.url);
    this.url = this.#address.url;
    this.#login = new Login(this.#address.credentials);
    this.#socket = openSocket(this.#address);
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(networkWords(error) ?? 'the connection failed'));
    this.#socket.on('close', () => this.#fail('the connection was lost'));
    options.signal?.addEventListener('abort', this.#abort);
  }

  static async connect(options: RtspClientOptions): Promise<RtspClient> {
    options.signal?.throwIfAborted();
    const client = new RtspClient(options);
    await client.#within<undefined>(options.answerWithinMs, (connected) => {
      client.#socket.once(client.#address.encrypted ? 'secureConnect' : 'connect', () => connected(undefined));
    });
    return client;
  }

  /** Bytes that the camera has not taken yet, as far as this process knows. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Asks, and asks once more with the password where the camera wants one. Also resolves with refusals. */
  async request(question: RtspQuestion): Promise<RtspResponse> {
    const response = await this.#ask(question);
    return response.status === 401 && this.#login.answers(response.headers.get('www-authenticate') ?? []) ? await this.#ask(question) : response;
  }

  /** Sends RTP or RTCP within the connection, all packets at once. */
  sendFrames(channel: number, packets: readonly Uint8Array[]): void {
    if (!this.#end) {
      this.#socket.write(Buffer.concat(packets.map((packet) => writeInterleavedFrame(channel, packet))));
    }
  }

  /** Ends the connection; nobody is told. */
  [Symbol.dispose](): void {
    this.#close(new Problem('talkback-unreachable', 'the connection was closed'));
  }

  async #ask({ method, url, headers = {}, answerWithinMs: withinMs = this.#options.answerWithinMs }: RtspQuestion): Promise<RtspResponse> {
    const sequence = ++this.#sequence;
    const authorized = this.#login.header(method, url);
    try {
      const bytes = writeRtspRequest({ method, url, headers: { 'User-Agent': userAgent, ...(authorized === undefined ? {} : { Authorization: authorized }), ...headers } }, sequence);
      return await this.#within<RtspResponse>(withinMs, (answered) => {
        this.#asked.set(sequence, answered);
        this.#socket.write(bytes);
      });
    } catch (error) {
      // Only where the camera gave us an address that cannot be written.
      throw error instanceof FormatError ? new Problem('talkback-unreachable', notUnderstood, { cause: error }) : error;
    } finally {
      this.#asked.delete(sequence);
    }
  }

  /** Waits for something; the whole connection ends where it does not come in time, as nothing sensible would follow. */
  async #within<Result>(withinMs = answerWithinMs, begin: (resolve: (value: Result) => void) => void): Promise<Result> {
    if (this.#end) {
      throw this.#end.cause;
    }
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const timer = setTimeout(() => this.#fail('no answer'), withinMs);
    this.#waiting.add(reject);
    try {
      begin(resolve);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(reject);
    }
  }

  #receive(bytes: Buffer): void {
    try {
      // Packets are the camera's reports about what it hears; what it asks of us, it can do without.
      for (const message of this.#reader.push(bytes)) {
        if (message.kind === 'response') {
          this.#answered(message);
        }
      }
    } catch {
      this.#fail(notUnderstood);
    }
  }

  #answered(response: RtspResponse): void {
    const sequence = headerOf(response.headers, 'cseq');
    // Some cameras forget the number; there is hardly ever more than one question.
    const answers = sequence === undefined ? [...this.#asked.values()][0] : this.#asked.get(Number(sequence));
    answers?.(response);
  }

  readonly #abort = (): void => void this.#close(this.#options.signal?.reason);

  #fail(words: string): void {
    const problem = new Problem('talkback-unreachable', words);
    if (this.#close(problem)) {
      this.#options.onClosed?.(problem);
    }
  }

  /** False where it had ended before. */
  #close(cause: unknown): boolean {
    if (this.#end) {
      return false;
    }
    this.#end = { cause };
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#socket.destroy();
    this.#waiting.forEach((reject) => reject(cause));
    return true;
  }
}

/** Cameras sign their certificates themselves, so none is verified; FFmpeg, which gets the picture, does the same. */
function openSocket({ host, port, encrypted }: RtspAddress): Socket {
  return encrypted ? connectTls({ host, port, rejectUnauthorized: false }) : connectTcp({ host, port });
}
