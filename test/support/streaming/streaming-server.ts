import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpegPath } from '../house.js';
import { flvSound, loopedFilm, tsSound, type FilmSound } from './looped-film.js';

/** Something that streams the film (`looped-film.ts`) on loopback, as a camera does. */
export interface StreamingServer extends AsyncDisposable {
  /** As in the option "source". */
  readonly url: string;
  /** Another address of it, where nothing is. */
  readonly wrongUrl: string;
  /** Nothing is sent or answered any more, and connections stay open. */
  freeze(): void;
  /** Ends all connections; new ones are welcome. */
  breakOff(): void;
}

/** FFmpeg's arguments for what is sent by HTTP as one body without an end. */
const bodies = {
  mpegts: { film: tsSound, type: 'video/mp2t', args: ['-f', 'mpegts'] },
  flv: { film: flvSound, type: 'video/x-flv', args: ['-f', 'flv'] },
  fmp4: { film: flvSound, type: 'video/mp4', args: ['-f', 'mp4', '-movflags', 'empty_moov+default_base_moof+frag_keyframe', '-frag_duration', '200000'] },
} as const;

export type HttpBody = keyof typeof bodies;

const quiet = ['-v', 'error', '-nostdin'] as const;

/** A body of HTTP for each who asks, from the film's beginning, at /stream. */
export async function serveBody(body: HttpBody, { login, sound }: { readonly login?: string; readonly sound?: FilmSound } = {}): Promise<StreamingServer> {
  const players = new Set<ChildProcess>();
  const { film, type, args } = bodies[body];
  const input = await loopedFilm(sound ?? film);
  const server = await HttpServer.open((request, response) => {
    if (login !== undefined && request.headers.authorization !== `Basic ${Buffer.from(login).toString('base64')}`) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="film"' }).end();
    } else if (request.url !== '/stream') {
      response.writeHead(404).end();
    } else {
      const player = play([...input, '-c', 'copy', ...args, '-flush_packets', '1', 'pipe:1'], players);
      response.writeHead(200, { 'Content-Type': type });
      player.stdout?.pipe(response);
      response.on('close', () => player.kill('SIGKILL'));
    }
  });
  const host = `${login === undefined ? '' : `${login}@`}127.0.0.1:${server.port}`;
  return {
    url: `http://${host}/stream`,
    wrongUrl: `http://${host}/nothing`,
    freeze: () => players.forEach((player) => player.kill('SIGSTOP')),
    breakOff: () => server.breakOff(),
    [Symbol.asyncDispose]: async () => {
      killAll(players);
      await server.close();
    },
  };
}

/** Files of two seconds, the newest five in their list, at /live.m3u8. `filmedMs`: when, on this process's clock, the film's first picture was filmed. */
export async function serveHls(): Promise<StreamingServer & { readonly filmedMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'camera-hub-hls-'));
  const players = new Set<ChildProcess>();
  const input = await loopedFilm(tsSound);
  const filmedMs = performance.now();
  play([...input, '-c', 'copy', '-f', 'hls', '-hls_time', '2', '-hls_list_size', '5', '-hls_flags', 'delete_segments', join(folder, 'live.m3u8')], players);
  let frozen = false;
  const server = await HttpServer.open((request, response) => {
    if (!frozen) {
      readFile(join(folder, (request.url ?? '').replace(/\?.*$/, '').replace(/^\//, ''))).then(
        (file) => response.writeHead(200, { 'Content-Type': request.url?.includes('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp2t' }).end(file),
        () => response.writeHead(404).end(),
      );
    }
  });
  while (((await readFile(join(folder, 'live.m3u8'), 'utf8').catch(() => '')).match(/\.ts/g) ?? []).length < 3) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `http://127.0.0.1:${server.port}/live.m3u8`,
    wrongUrl: `http://127.0.0.1:${server.port}/nothing.m3u8`,
    filmedMs,
    freeze: () => void (frozen = true),
    breakOff: () => server.breakOff(),
    [Symbol.asyncDispose]: async () => {
      killAll(players);
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What FFmpeg can do as a server: one listener for one client, begun anew when it has ended. SRT is to throw nothing away: on a machine that is busy with other tests much is late. */
export async function serveListener(protocol: 'rtmp' | 'srt', { passphrase }: { readonly passphrase?: string } = {}): Promise<StreamingServer> {
  const players = new Set<ChildProcess>();
  const port = await freePort();
  const input = await loopedFilm(protocol === 'rtmp' ? flvSound : tsSound);
  const secret = passphrase === undefined ? '' : `passphrase=${passphrase}`;
  const output =
    protocol === 'rtmp'
      ? ['-f', 'flv', '-listen', '1', `rtmp://127.0.0.1:${port}/live/film`]
      : ['-f', 'mpegts', `srt://127.0.0.1:${port}?mode=listener&tlpktdrop=0${secret === '' ? '' : `&${secret}`}`];
  let closed = false;
  const listen = (): void => {
    const player = play([...input, '-c', 'copy', ...output], players);
    player.on('exit', () => {
      if (!closed) {
        listen();
      }
    });
  };
  listen();
  while (await isFree(protocol, port)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: protocol === 'rtmp' ? `rtmp://127.0.0.1:${port}/live/film` : `srt://127.0.0.1:${port}${secret === '' ? '' : `?${secret}`}`,
    wrongUrl: `${protocol}://127.0.0.1:${await freePort()}`,
    freeze: () => players.forEach((player) => player.kill('SIGSTOP')),
    breakOff: () => killAll(players),
    [Symbol.asyncDispose]: async () => {
      closed = true;
      killAll(players);
      await Promise.resolve();
    },
  };
}

async function isFree(protocol: 'rtmp' | 'srt', port: number): Promise<boolean> {
  const holder = protocol === 'rtmp' ? createServer().listen(port, '127.0.0.1') : createSocket('udp4').bind(port, '127.0.0.1');
  try {
    await once(holder, 'listening');
  } catch {
    return false;
  }
  holder.close();
  await once(holder, 'close');
  return true;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

class HttpServer {
  private constructor(
    private readonly server: ReturnType<typeof createHttpServer>,
    private readonly sockets: Set<Socket>,
  ) {}

  static async open(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<HttpServer> {
    const server = createHttpServer(answer);
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HttpServer(server, sockets);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  breakOff(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  async close(): Promise<void> {
    this.server.close();
    this.breakOff();
    await once(this.server, 'close');
  }
}

function play(args: readonly string[], players: Set<ChildProcess>): ChildProcess {
  const player = spawn(ffmpegPath, [...quiet, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  players.add(player);
  player.on('exit', () => players.delete(player));
  return player;
}

function killAll(players: ReadonlySet<ChildProcess>): void {
  players.forEach((player) => player.kill('SIGKILL'));
}
