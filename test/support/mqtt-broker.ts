import { Aedes } from 'aedes';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A message as the broker took it. */
export interface TakenMessage {
  readonly topic: string;
  readonly text: string;
  readonly retained: boolean;
  /** On `performance.now()`'s clock. */
  readonly atMs: number;
}

/** What exists only while it runs. */
interface Running {
  readonly aedes: Aedes;
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

/** An MQTT broker on this machine that can be taken away and come back on the same port, empty. */
export class MqttBroker implements AsyncDisposable {
  readonly #messages: TakenMessage[] = [];
  #subscriptions = new Set<string>();
  #running: Running | undefined;
  #port = 0;

  static async open(): Promise<MqttBroker> {
    const broker = new MqttBroker();
    await broker.start();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  /** What clients have published since it was made, the oldest first. */
  get messages(): readonly TakenMessage[] {
    return this.#messages;
  }

  /** What was published last under a topic. */
  last(topic: string): TakenMessage | undefined {
    return this.#messages.findLast((message) => message.topic === topic);
  }

  /** Topics that somebody has subscribed to since it was started. */
  get subscriptions(): ReadonlySet<string> {
    return this.#subscriptions;
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker();
    aedes.on('publish', ({ topic, payload, retain }) => {
      if (!topic.startsWith('$SYS/')) {
        this.#messages.push({ topic, text: payload.toString(), retained: retain, atMs: performance.now() });
      }
    });
    aedes.on('subscribe', (subscriptions) => subscriptions.forEach(({ topic }) => this.#subscriptions.add(topic)));
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      aedes.handle(socket);
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#running = { aedes, server, sockets };
  }

  /** As when its machine loses power: connections break, what it kept is lost. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) {
      return;
    }
    this.#running = undefined;
    this.#subscriptions = new Set();
    const closed = once(running.server, 'close');
    running.server.close();
    running.sockets.forEach((socket) => socket.destroy());
    await closed;
    await new Promise<void>((resolve) => {
      running.aedes.close(resolve);
    });
  }

  /** Publishes as a client of its own would. */
  async publish(topic: string, text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const packet = { cmd: 'publish', qos: 0, dup: false, retain: false, topic, payload: text } as const;
      this.#running?.aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
