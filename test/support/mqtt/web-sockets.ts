import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';

/** What we need of the package ws. */
interface WebSockets {
  readonly WebSocketServer: new (options: { server: Server; handleProtocols: () => string }) => { on(event: 'connection', listener: (socket: unknown) => void): void };
  readonly createWebSocketStream: (socket: unknown) => Duplex;
}

const require = createRequire(import.meta.url);
/** The package that mqtt.js itself uses, wherever npm has put it. */
const { WebSocketServer, createWebSocketStream } = createRequire(require.resolve('mqtt'))('ws') as WebSockets;

/** Hands each WebSocket on as the stream in it. @returns the same server. */
export function serveWebSockets(server: Server, handle: (stream: Duplex) => void): Server {
  new WebSocketServer({ server, handleProtocols: () => 'mqtt' }).on('connection', (socket) => {
    handle(createWebSocketStream(socket).on('error', () => undefined));
  });
  return server;
}
