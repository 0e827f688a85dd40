import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TrackName } from './sdp.js';
import { trackIds } from './sdp.js';

/** An answer of the camera. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A packet from the interleaved connection. */
export interface RawPacket {
  readonly channel: number;
  readonly bytes: Buffer;
  /** `performance.now()` when it arrived. */
  readonly atMs: number;
}

/** A bare RTSP client over TCP, for tests that look at single requests and packets. Answers are expected in order. */
export class RawRtspClient {
  readonly packets: RawPacket[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private sequence = 0;
  private session: string | undefined;
  private readonly waiting: ((answer: RawAnswer) => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.rest = Buffer.concat([this.rest, bytes]);
      while (this.readOne());
    });
    socket.on('error', () => undefined);
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<RawRtspClient> {
    const socket = connect(port, host);
    await once(socket, 'connect');
    return new RawRtspClient(socket);
  }

  /** Sends a request; never resolves when the camera does not answer. */
  async request(method: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    this.sequence += 1;
    const all = { CSeq: String(this.sequence), ...(this.session === undefined ? {} : { Session: this.session }), ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = new Promise<RawAnswer>((resolve) => this.waiting.push(resolve));
    this.socket.write(`${method} ${url} RTSP/1.0\r\n${lines.join('')}\r\n`);
    const answered = await answer;
    this.session ??= answered.headers.get('session')?.split(';')[0];
    return answered;
  }

  /** SETUP of one track: the picture on the channels 0 and 1, the sound on 2 and 3. */
  async setUp(url: string, track: TrackName = 'video'): Promise<RawAnswer> {
    const channel = 2 * trackIds[track];
    return await this.request('SETUP', `${url}/trackID=${trackIds[track]}`, { Transport: `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}` });
  }

  /** SETUP and PLAY, by default of the picture only; the answer to the last request that was sent. */
  async play(url: string, tracks: readonly TrackName[] = ['video']): Promise<RawAnswer> {
    for (const track of tracks) {
      const setUp = await this.setUp(url, track);
      if (setUp.status !== 200) {
        return setUp;
      }
    }
    return await this.request('PLAY', url);
  }

  close(): void {
    this.socket.destroy();
  }

  private readOne(): boolean {
    if (this.rest[0] === 0x24) {
      const end = this.rest.length < 4 ? Infinity : 4 + this.rest.readUInt16BE(2);
      if (this.rest.length < end) {
        return false;
      }
      this.packets.push({ channel: this.rest[1] ?? 0, bytes: this.rest.subarray(4, end), atMs: performance.now() });
      this.rest = this.rest.subarray(end);
      return true;
    }
    const headEnd = this.rest.indexOf('\r\n\r\n');
    const [first = '', ...lines] = this.rest.toString('latin1', 0, Math.max(0, headEnd)).split('\r\n');
    const headers = new Map(lines.map((line) => [line.split(':')[0]?.toLowerCase() ?? '', line.slice(line.indexOf(':') + 1).trim()]));
    const end = headEnd + 4 + Number(headers.get('content-length') ?? 0);
    if (headEnd < 0 || this.rest.length < end) {
      return false;
    }
    const body = this.rest.toString('utf8', headEnd + 4, end);
    this.rest = this.rest.subarray(end);
    this.waiting.shift()?.({ status: Number(first.split(' ')[1]), headers, body });
    return true;
  }
}
