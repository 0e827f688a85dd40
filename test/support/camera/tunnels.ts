import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { RtspSocket } from './rtsp-session.js';

const longestHead = 16_384;
const cookieHeader = /^x-sessioncookie:\s*(\S+)\s*$/im;

/** RTSP within HTTP, as QuickTime began it: answers and packets on a GET that never ends, requests in Base64 on a POST with the same cookie. */
export class Tunnels {
  /** By cookie: GETs whose POST has not come yet, or goes on. */
  private readonly open = new Map<string, Tunnel>();

  constructor(private readonly onConnected: (socket: RtspSocket) => void) {}

  /** Looks at what a connection begins with: HTTP, or bare RTSP where that is `welcome` too. */
  take(socket: Socket, welcome: boolean): void {
    let begin = Buffer.alloc(0);
    const look = (bytes: Buffer): void => {
      begin = Buffer.concat([begin, bytes]);
      const end = begin.indexOf('\r\n\r\n');
      if (end < 0 && begin.length < longestHead) {
        return;
      }
      socket.off('data', look);
      const head = begin.toString('latin1', 0, end);
      const cookie = cookieHeader.exec(head)?.[1];
      if (head.startsWith('GET ') && cookie !== undefined) {
        this.answer(socket, cookie);
      } else if (head.startsWith('POST ') && cookie !== undefined) {
        this.open.get(cookie)?.receiveFrom(socket, begin.subarray(end + 4));
      } else if (welcome) {
        this.onConnected(socket);
        socket.emit('data', begin);
      } else {
        socket.destroy();
      }
    };
    socket.on('error', () => undefined);
    socket.on('data', look);
  }

  private answer(socket: Socket, cookie: string): void {
    socket.write('HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n');
    const tunnel = new Tunnel(socket);
    this.open.set(cookie, tunnel);
    tunnel.on('close', () => this.open.delete(cookie));
    this.onConnected(tunnel);
  }
}

/** Both connections as one. */
class Tunnel extends Duplex {
  private post: Socket | undefined;
  /** Base64 comes in groups of four; each request ends with its own padding. */
  private rest = '';

  constructor(private readonly get: Socket) {
    super();
    get.on('close', () => this.destroy());
    get.on('data', () => undefined);
  }

  get remoteAddress(): string | undefined {
    return this.get.remoteAddress;
  }

  /** Requests come on this connection, from `begin` on. */
  receiveFrom(post: Socket, begin: Buffer): void {
    this.post = post;
    post.on('data', (bytes: Buffer) => this.decode(bytes));
    post.on('close', () => this.destroy());
    this.decode(begin);
  }

  override _read(): void {
    // What comes is pushed as it comes.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.get.write(bytes, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.get.destroy();
    this.post?.destroy();
    done(error);
  }

  private decode(bytes: Buffer): void {
    this.rest += bytes.toString('latin1').replace(/\s/g, '');
    const whole = this.rest.length - (this.rest.length % 4);
    for (const [group] of this.rest.slice(0, whole).matchAll(/.{4}/g)) {
      this.push(Buffer.from(group, 'base64'));
    }
    this.rest = this.rest.slice(whole);
  }
}
