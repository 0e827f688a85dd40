import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** Where an RTMP server says no: to who connects, or to who wants to play a stream. */
export type RtmpRefusal = 'connect' | 'play';

const handshakeBytes = 1_536;
/** Of the payload, unless somebody says otherwise. */
const chunkBytes = 128;
const commandMessage = 20;

/** An RTMP server that shakes hands and then refuses, in these words. */
export async function serveRefusals(refusal: RtmpRefusal, words: string): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let greeted = false;
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      if (!greeted && rest.length > handshakeBytes) {
        greeted = true;
        rest = rest.subarray(1 + handshakeBytes);
        socket.write(Buffer.concat([Buffer.of(3), Buffer.alloc(2 * handshakeBytes)]));
      }
      if (greeted && answer(socket, rest, refusal, words)) {
        rest = Buffer.alloc(0);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

/** @returns whether there was something to answer. */
function answer(socket: Socket, asked: Buffer, refusal: RtmpRefusal, words: string): boolean {
  const command = ['play', 'createStream', 'connect'].find((name) => asked.includes(text(name)));
  switch (command) {
    case 'connect':
      socket.write(refusal === 'connect' ? message(0, text('_error'), number(1), nothing, status('NetConnection.Connect.Rejected', words)) : message(0, text('_result'), number(1), nothing, status('NetConnection.Connect.Success', '')));
      return true;
    case 'createStream': {
      const behind = asked.indexOf('createStream') + 'createStream'.length;
      socket.write(message(0, text('_result'), asked.subarray(behind, behind + 9), nothing, number(1)));
      return true;
    }
    case 'play':
      socket.write(message(1, text('onStatus'), number(0), nothing, status('NetStream.Play.StreamNotFound', words)));
      return true;
    default:
      return false;
  }
}

/** AMF0. */
const nothing = Buffer.of(5);

function number(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(2), name(value)]);
}

function name(value: string): Buffer {
  return Buffer.concat([Buffer.of(value.length >> 8, value.length & 0xff), Buffer.from(value)]);
}

function status(code: string, description: string): Buffer {
  const fields = Object.entries({ level: 'error', code, description }).flatMap(([key, value]) => [name(key), text(value)]);
  return Buffer.concat([Buffer.of(3), ...fields, Buffer.of(0, 0, 9)]);
}

/** In chunks of the stream 3, with a full header first. */
function message(stream: number, ...parts: readonly Buffer[]): Buffer {
  const payload = Buffer.concat(parts);
  const header = Buffer.alloc(12);
  header.writeUInt8(3, 0);
  header.writeUIntBE(payload.length, 4, 3);
  header.writeUInt8(commandMessage, 7);
  header.writeUInt32LE(stream, 8);
  const chunks = Array.from({ length: Math.ceil(payload.length / chunkBytes) }, (_, index) => payload.subarray(index * chunkBytes, (index + 1) * chunkBytes));
  return Buffer.concat([header, ...chunks.flatMap((chunk, index) => (index === 0 ? [chunk] : [Buffer.of(0xc3), chunk]))]);
}
