import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** What a broker says to somebody that it lets in: CONNACK of MQTT 3.1.1. */
export const accepted = Buffer.from([0x20, 0x02, 0x00, 0x00]);

/** A server on loopback that says what it is told to. */
export interface RawServer extends AsyncDisposable {
  readonly port: number;
  /** How many are open. */
  connections(): number;
}

/** @param answer is asked each time something comes; `messages` counts that for each connection, from 1. */
export async function startRawServer(answer: (socket: Socket, messages: number) => unknown): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let messages = 0;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', () => answer(socket, (messages += 1)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dispose = async (): Promise<void> => {
    for (const socket of sockets) {
      socket.destroy();
    }
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  };
  return { port, connections: () => sockets.size, [Symbol.asyncDispose]: dispose };
}
