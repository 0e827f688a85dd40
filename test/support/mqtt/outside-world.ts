import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { until } from '../until.js';

/** What somebody else on the broker has heard. */
export interface Heard {
  readonly topic: string;
  readonly text: string;
  /** The broker had kept it from before. */
  readonly retained: boolean;
}

/** Somebody else on the broker: hears everything, and says what tests want said. */
export class OutsideWorld implements AsyncDisposable {
  readonly heard: Heard[] = [];
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('message', (topic, payload, { retain }) => this.heard.push({ topic, text: payload.toString(), retained: retain }));
  }

  static async join(port: number, options: IClientOptions = {}): Promise<OutsideWorld> {
    const client = await connectAsync({ protocol: 'mqtt', host: '127.0.0.1', port, reconnectPeriod: 0, ...options });
    const world = new OutsideWorld(client);
    await client.subscribeAsync('#', { qos: 1 });
    return world;
  }

  /** Until the broker has it. */
  async say(topic: string, message: string | Buffer, { retain = false } = {}): Promise<void> {
    await this.#client.publishAsync(topic, message, { qos: 1, retain });
  }

  /** The texts under a topic, in order. */
  texts(topic: string): string[] {
    return this.heard.filter((each) => each.topic === topic).map(({ text }) => text);
  }

  /** Until the newest text under the topic is this one. */
  async hears(topic: string, text: string): Promise<void> {
    await until(() => `${topic} to be ${text}; heard: ${JSON.stringify(this.heard)}`, () => this.texts(topic).at(-1) === text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.end(true);
    await Promise.resolve();
  }
}
