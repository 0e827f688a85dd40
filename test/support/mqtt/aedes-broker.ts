import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes } from 'aedes';
import type { SelfSigned } from './certificate.js';
import { serveWebSockets } from './web-sockets.js';

/** A broker that tests can end like a pulled plug, and start again on its port. */
export interface TestBroker extends AsyncDisposable {
  readonly port: number;
  /** Ends it without a word to anybody. What it had kept is lost. */
  kill(): Promise<void>;
  /** Starts it on the same port. */
  revive(): Promise<void>;
}

export interface AedesSettings {
  /** Whom it lets in; without, everybody. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly tls?: SelfSigned;
  /** Serves WebSockets, and nothing else. */
  readonly webSockets?: boolean;
  /** A topic that nobody may follow. */
  readonly secretTopic?: string;
}

/** MQTT 3.1.1, 3.2.2.3. */
const badUsernameOrPassword = 4;

/** An Aedes on loopback. */
export async function startAedes({ login, tls, webSockets = false, secretTopic }: AedesSettings = {}): Promise<TestBroker> {
  let running: { readonly server: Server; readonly broker: Aedes; readonly sockets: Set<Socket> } | undefined;

  const start = async (port: number): Promise<number> => {
    const broker = await Aedes.createBroker({
      authenticate: (_, username, password, done) => {
        const welcome = login === undefined || (username === login.username && password?.toString() === login.password);
        const refusal = Object.assign(new Error('bad user name or password'), { returnCode: badUsernameOrPassword });
        done(welcome ? null : refusal, welcome);
      },
      authorizeSubscribe: (_, subscription, done) => done(null, subscription.topic === secretTopic ? null : subscription),
    });
    const identity = tls && { cert: tls.certificate, key: tls.key };
    const handle = (socket: Duplex) => void broker.handle(socket);
    const server = webSockets
      ? serveWebSockets(identity ? createHttpsServer(identity) : createHttpServer(), handle)
      : identity ? createTlsServer(identity, handle) : createServer(handle);
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.on('close', () => sockets.delete(socket)));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    running = { server, broker, sockets };
    return (server.address() as AddressInfo).port;
  };

  const kill = async (): Promise<void> => {
    if (running) {
      const { server, broker, sockets } = running;
      running = undefined;
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
      await once(server, 'close');
      await new Promise<void>((resolve) => broker.close(resolve));
    }
  };

  const port = await start(0);
  const revive = async (): Promise<void> => {
    await start(port);
  };
  return { port, kill, revive, [Symbol.asyncDispose]: kill };
}
