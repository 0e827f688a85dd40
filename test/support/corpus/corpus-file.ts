import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { completeFootageSettings, drawing, type FootageSettings } from '../camera/footage-arguments.js';
import { cachedFile } from '../camera/footage.js';
import { ffmpegPath } from '../house.js';

/** A stream that comes in no way that the simulated camera has: made by FFmpeg, and sent over TCP as fast as its pictures are. */
export interface CorpusFile {
  readonly pictures: FootageSettings;
  /** FFmpeg's arguments for encoder and container. */
  readonly written: readonly string[];
  /** FFmpeg's arguments for reading it, in front of `-i`. */
  readonly read: readonly string[];
  /** Whether it may begin again without a break; else it ends. */
  readonly loops: boolean;
  /** What is done to it before it is sent. */
  readonly spoiled?: ((file: Buffer) => Buffer) | undefined;
}

export interface ServedFile extends AsyncDisposable {
  /** For a camera's option "source". */
  readonly source: string;
}

const sendEveryMs = 20;

/** Makes the file where it is not there yet, and sends it to everyone who connects, from its beginning. */
export async function serveFile(corpusFile: CorpusFile): Promise<ServedFile> {
  const { spoiled, read, loops, pictures } = corpusFile;
  const file = await madeFile(corpusFile);
  const bytes = spoiled ? spoiled(file) : file;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const sending = sendAtPace(socket, bytes, { seconds: completeFootageSettings(pictures).seconds, loops });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sending[Symbol.dispose]();
      sockets.delete(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dispose = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    sockets.forEach((socket) => socket.destroy());
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  return { source: `ffmpeg:${JSON.stringify([...read, '-i', `tcp://127.0.0.1:${port}`])}`, [Symbol.asyncDispose]: dispose };
}

function sendAtPace(socket: Socket, bytes: Buffer, { seconds, loops }: { readonly seconds: number; readonly loops: boolean }): Disposable {
  const startMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) * bytes.length) / (seconds * 1_000));
    while (sent < due && (loops || sent < bytes.length)) {
      const at = sent % bytes.length;
      const piece = bytes.subarray(at, Math.min(bytes.length, at + due - sent));
      socket.write(piece);
      sent += piece.length;
    }
    if (!loops && sent >= bytes.length) {
      socket.end();
    }
  }, sendEveryMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function madeFile({ pictures, written }: CorpusFile): Promise<Buffer> {
  const settings = completeFootageSettings(pictures);
  return cachedFile('corpus', (output) => [...drawing(settings), ...written, output], ffmpegPath);
}

const transportPacketBytes = 188;

/** MPEG-TS whose pictures bear no times: PTS and DTS become stuffing (ISO/IEC 13818-1 2.4.3.6). */
export function withoutTimes(transportStream: Buffer): Buffer {
  const out = Buffer.from(transportStream);
  for (let at = 0; at + transportPacketBytes <= out.length; at += transportPacketBytes) {
    const begins = ((out[at + 1] ?? 0) & 0x40) !== 0;
    const adaptation = ((out[at + 3] ?? 0) & 0x20) === 0 ? 0 : 1 + (out[at + 4] ?? 0);
    const pes = at + 4 + adaptation;
    if (begins && pes + 9 < at + transportPacketBytes && out.readUIntBE(pes, 3) === 1) {
      out[pes + 7] = (out[pes + 7] ?? 0) & 0x3f;
      out.fill(0xff, pes + 9, pes + 9 + (out[pes + 8] ?? 0));
    }
  }
  return out;
}
