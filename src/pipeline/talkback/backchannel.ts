import { randomBytes, randomInt } from 'node:crypto';
import { headerOf, type RtspResponse } from '../../media/rtsp-message.js';
import { TalkPacketizer } from '../../media/talk-packets.js';
import type { TalkFormat } from '../../policy/talk-format.js';
import { Problem } from '../../problems.js';
import { orAborted } from '../or-aborted.js';
import { describeSpeaker, type BackchannelFinding } from './find-backchannel.js';
import { refusal } from '../rtsp/refusal.js';
import { requireBackchannel } from '../rtsp/request-description.js';
import type { RtspClient, RtspClientOptions } from '../rtsp/rtsp-client.js';

export interface BackchannelOptions extends Omit<RtspClientOptions, 'onClosed'> {
  /** Told once, when the camera or the network ends the talk. Not when we do. */
  readonly onEnded?: ((problem: Problem) => void) | undefined;
}

/** What a camera agreed to in SETUP. */
interface Session {
  readonly url: string;
  /** Of RTP, within the connection. */
  readonly channel: number;
  readonly ssrc: number | undefined;
  /** What each further request has, besides `Require` where it is about the backchannel. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

type Offered = Extract<BackchannelFinding, { kind: 'offered' }>;

/** RFC 2326 12.37: where the camera names none. */
const defaultTimeoutS = 60;
/** Twice in the camera's timeout, and so often that a camera that hangs is noticed while somebody still talks to it. */
const keepAlive = { mostMs: 10_000, leastMs: 500 } as const;
/** Sound that waits in this process: a second of G.711. What comes then is dropped, as sound that comes late is of no use. */
const mostUnsentBytes = 8_000;
const teardownWithinMs = 1_000;
const sessionNotFound = 454;

/**
 * Talks to a camera through its ONVIF backchannel: a connection and a session of its own, beside that of the picture. Meant to live
 * only while somebody talks, as many cameras let one speak at a time, and some doorbells do not ring meanwhile.
 */
export class Backchannel implements AsyncDisposable {
  /** What `send` wants. */
  readonly format: TalkFormat;
  readonly #client: RtspClient;
  readonly #session: Session;
  readonly #packetizer: TalkPacketizer;
  readonly #onEnded: BackchannelOptions['onEnded'];
  #keepAliveTimer: NodeJS.Timeout | undefined;
  #over = false;
  #packets = 0;
  #dropped = 0;

  private constructor(client: RtspClient, session: Session, format: TalkFormat, onEnded: BackchannelOptions['onEnded']) {
    this.format = format;
    this.#onEnded = onEnded;
    this.#client = client;
    this.#session = session;
    const ssrc = session.ssrc ?? randomBytes(4).readUInt32BE();
    this.#packetizer = new TalkPacketizer(format, { ssrc, firstSequence: randomInt(0x10000), firstRtpTime: randomBytes(4).readUInt32BE() });
    this.#keepAlive('GET_PARAMETER');
  }

  /**
   * Ready to be sent to when it resolves. `signal` is for until then: the camera may have a session by then, which is ended in an orderly way.
   * @throws Problem `talkback-unreachable`, `talkback-refused` or `talkback-unsupported`.
   */
  static async open({ onEnded, signal, ...options }: BackchannelOptions): Promise<Backchannel> {
    using leaving = new Leaving(signal);
    const connection: { opened?: Backchannel; closed?: Problem } = {};
    const onClosed = (problem: Problem): void => {
      connection.closed = problem;
      if (connection.opened) {
        connection.opened.#ended(problem.detail);
      }
    };
    const { client, finding } = await describeSpeaker({ ...options, signal: leaving.signal, onClosed });
    try {
      if (finding.kind !== 'offered') {
        throw new Problem('talkback-unsupported', finding.because);
      }
      leaving.hasSession = true;
      const session = await setUp(client, finding);
      try {
        await orAborted(play(client, session), signal ?? leaving.signal);
        signal?.throwIfAborted();
      } catch (error) {
        await tearDown(client, session);
        throw error;
      }
      // It may end with the very bytes that say that all is well.
      if (connection.closed) {
        throw connection.closed;
      }
      connection.opened = new Backchannel(client, session, finding.format, onEnded);
      return connection.opened;
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
  }

  /** Packets that were sent and that were dropped, since the beginning. */
  get counts(): { readonly packets: number; readonly dropped: number } {
    return { packets: this.#packets, dropped: this.#dropped };
  }

  /**
   * Sends sound that is spoken just now: any number of bytes of G.711, one raw frame of AAC. Goes out in packets of the length that
   * the camera wants; a pause between calls is a pause for the camera. After the end it does nothing.
   */
  send(sound: Uint8Array): void {
    if (!this.#over) {
      this.#sendPackets(this.#packetizer.packetize(sound, performance.now()));
    }
  }

  /** Tells the camera that the talk is over, and waits a second at most for its answer. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop()) {
      this.#sendPackets(this.#packetizer.flush());
      await tearDown(this.#client, this.#session);
    }
    this.#client[Symbol.dispose]();
  }

  #sendPackets(packets: readonly Buffer[]): void {
    if (packets.length === 0) {
      return;
    }
    if (this.#client.unsentBytes > mostUnsentBytes) {
      this.#packetizer.drop(packets);
      this.#dropped += packets.length;
      return;
    }
    this.#client.sendFrames(this.#session.channel, packets);
    this.#packets += packets.length;
  }

  /** OPTIONS where the camera does not know GET_PARAMETER (RFC 2326 10.8). */
  #keepAlive(method: 'GET_PARAMETER' | 'OPTIONS'): void {
    const { url, headers, timeoutMs } = this.#session;
    const everyMs = Math.max(Math.min(timeoutMs / 2, keepAlive.mostMs), keepAlive.leastMs);
    this.#keepAliveTimer = setTimeout(() => {
      this.#client.request({ method, url, headers }).then(
        ({ status }) => this.#keptAlive(status, method),
        // The connection has ended, and its end is told.
        () => undefined,
      );
    }, everyMs);
  }

  #keptAlive(status: number, method: 'GET_PARAMETER' | 'OPTIONS'): void {
    if (status === sessionNotFound) {
      this.#ended(refusal(status).detail);
    } else if (!this.#over) {
      this.#keepAlive(status === 200 ? method : 'OPTIONS');
    }
  }

  #ended(detail: string): void {
    if (this.#stop()) {
      this.#client[Symbol.dispose]();
      this.#onEnded?.(new Problem('talkback-ended', detail));
    }
  }

  /** False where it had ended before. */
  #stop(): boolean {
    const first = !this.#over;
    this.#over = true;
    clearTimeout(this.#keepAliveTimer);
    return first;
  }
}

/** What becomes of a connection that is being opened when nobody wants it any more: once it may have a session, that is ended in an orderly way. */
class Leaving implements Disposable {
  readonly #wanted: AbortSignal | undefined;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  hasSession = false;

  constructor(wanted: AbortSignal | undefined) {
    this.#wanted = wanted;
    wanted?.addEventListener('abort', this.#leave);
    if (wanted?.aborted) {
      this.#leave();
    }
  }

  /** Ends the connection at once. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#wanted?.removeEventListener('abort', this.#leave);
  }

  readonly #leave = (): void => {
    const end = (): void => this.#end.abort(this.#wanted?.reason);
    if (this.hasSession) {
      this.#timer = setTimeout(end, teardownWithinMs);
    } else {
      end();
    }
  };
}

async function setUp(client: RtspClient, { format, sessionUrl }: Offered): Promise<Session> {
  const response = accepted(await client.request({ method: 'SETUP', url: format.control, headers: { ...requireBackchannel, Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' } }));
  const transport = headerOf(response.headers, 'transport') ?? '';
  // Cameras may choose another one, and some leave the second one out.
  const channel = Number(/interleaved=(\d{1,3})/i.exec(transport)?.[1] ?? NaN);
  const ssrc = /ssrc=([0-9a-f]{1,8})(?:;|,|$)/i.exec(transport)?.[1];
  const [id = '', ...parameters] = (headerOf(response.headers, 'session') ?? '').split(';').map((part) => part.trim());
  const timeoutS = Number(/^timeout=(\d{1,6})$/i.exec(parameters.find((each) => /^timeout=/i.test(each)) ?? '')?.[1] ?? defaultTimeoutS);
  return {
    url: sessionUrl,
    channel,
    ssrc: ssrc === undefined ? undefined : parseInt(ssrc, 16),
    headers: id === '' ? {} : { Session: id },
    timeoutMs: timeoutS * 1_000,
  };
}

async function play(client: RtspClient, { url, channel, headers }: Session): Promise<void> {
  if (!(channel <= 255)) {
    throw refusal(461);
  }
  accepted(await client.request({ method: 'PLAY', url, headers: { ...requireBackchannel, ...headers } }));
}

/** Also cameras that end a session only after its timeout, and let nobody else talk until then, end it at once. */
async function tearDown(client: RtspClient, { url, headers }: Session): Promise<void> {
  await client.request({ method: 'TEARDOWN', url, headers: { ...requireBackchannel, ...headers }, answerWithinMs: teardownWithinMs }).catch(() => undefined);
}

function accepted(response: RtspResponse): RtspResponse {
  if (response.status !== 200) {
    throw refusal(response.status);
  }
  return response;
}
