import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { PlatformConfig } from '../../config/options.js';
import { failuresAfter, reconnectDelayMs } from '../../policy/backoff.js';
import type { Log, ProblemLog } from '../../problem-log.js';
import { asProblem, Problem } from '../../problems.js';
import type { BrokerAddress } from './broker-address.js';
import { brokerProblem, type ConnectionEnd } from './broker-problem.js';
import { readTrust } from './certificates.js';
import { KeptTopics } from './kept-topics.js';

const answersWithinMs = 10_000;
/** A connection that is silent for one and a half times this is dead. In seconds, as MQTT has it. */
const keepaliveS = 30;

export interface BrokerOptions {
  readonly address: BrokerAddress;
  readonly config: Pick<PlatformConfig, 'mqttCa' | 'mqttVerify'>;
  /** What the broker says of us when we are gone without a word. */
  readonly lastWill: { readonly topic: string; readonly payload: string };
  readonly log: Log;
  readonly problems: ProblemLog;
  /** Connected anew: nothing is subscribed, and nothing was published. */
  readonly onConnected: () => void;
  /** `retained`: the broker kept it, and delivers it because we have subscribed. */
  readonly onMessage: (topic: string, payload: Buffer, retained: boolean) => void;
}

/** What is published, as those see it who publish. */
export interface Publisher {
  /** The state of something: the broker keeps it for those who come later. */
  keep(topic: string, payload: () => string): void;
  /** Something that happens now, and is no news later: not kept. */
  send(topic: string, payload: string): void;
}

/**
 * The connection with the broker, from the first try to the end. Nothing waits for it: what is published while it is away is dropped,
 * and who listens to `onConnected` publishes how things are then. Each connection has a client of its own that never reconnects:
 * mqtt.js waits equally long each time, and queues without a bound meanwhile.
 */
export class Broker implements Publisher, AsyncDisposable {
  readonly #options: BrokerOptions;
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  readonly #at: string;
  // Always the same: a broker that has not noticed yet that we were gone then drops the old connection.
  readonly #clientId = `camera-hub-${randomBytes(5).toString('hex')}`;
  #connected: { readonly client: MqttClient; readonly kept: KeptTopics } | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { host, port } = options.address;
    this.#at = host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
    this.#running = this.#run();
  }

  keep(topic: string, payload: () => string): void {
    this.#carefully(() => this.#connected?.kept.publish(topic, payload()));
  }

  send(topic: string, payload: string): void {
    // QoS 0: a broker would deliver a press of QoS 1 to those who were away, when they are back.
    this.#carefully(() => this.#connected?.client.publish(topic, payload, { qos: 0, retain: false }));
  }

  /** Follows a topic for as long as this connection lasts. One that the broker refuses is told of. */
  subscribe(filter: string): void {
    const client = this.#connected?.client;
    client?.subscribe(filter, { qos: 1 }, (error) => {
      // A connection that ends first has refused nothing.
      if (error && !client.stream.destroyed) {
        this.#options.problems.tell(new Problem('mqtt-topic-refused', filter), filter);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  get #over(): boolean {
    return this.#ended.signal.aborted;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#over; ) {
      const { problem, lastedMs } = await this.#connection();
      failures = failuresAfter(failures, lastedMs);
      await this.#waitAfter(problem, failures);
    }
  }

  async #waitAfter(problem: Problem, failures: number): Promise<void> {
    if (this.#over) {
      return;
    }
    const waitMs = reconnectDelayMs({ failures, waitedFor: false, chance: Math.random() });
    this.#options.problems.report('broker', problem);
    this.#options.log.debug(`MQTT: ${problem.message}; next try in ${waitMs} ms.`);
    await sleep(waitMs, undefined, { signal: this.#ended.signal }).catch(() => undefined);
  }

  /** One connection, from its beginning to its end. */
  async #connection(): Promise<{ readonly problem: Problem; readonly lastedMs: number }> {
    let acceptedAtMs = Infinity;
    try {
      const client = await this.#open();
      const end = await new Promise<ConnectionEnd>((resolve) => {
        let failure: Error | undefined;
        // Without a goodbye: the broker then publishes our last will, however slow it is, and nobody waits for it.
        const hangUp = () => client.end(true);
        client.on('connect', () => {
          acceptedAtMs = performance.now();
          this.#accepted(client);
        });
        client.on('message', (topic, payload, { retain }) => this.#carefully(() => this.#over || this.#options.onMessage(topic, payload, retain)));
        client.on('error', (error) => {
          failure ??= error;
          hangUp(); // What cannot be parsed ends no connection by itself.
        });
        client.on('close', () => {
          this.#connected = undefined;
          this.#ended.signal.removeEventListener('abort', hangUp);
          resolve({ failure, accepted: acceptedAtMs !== Infinity });
        });
        this.#ended.signal.addEventListener('abort', hangUp);
        if (this.#over) {
          hangUp();
        }
      });
      return { problem: brokerProblem(end, this.#at), lastedMs: Math.max(performance.now() - acceptedAtMs, 0) };
    } catch (error) {
      return { problem: asProblem(error, 'mqtt-failed'), lastedMs: 0 };
    }
  }

  async #open(): Promise<MqttClient> {
    const { address, config, lastWill } = this.#options;
    const { encrypted, credentials, ...where } = address;
    const trust = encrypted ? await readTrust(config) : {};
    // Only now: who uses no MQTT need not load it.
    const { connect } = await import('mqtt');
    return connect({
      ...where,
      ...credentials,
      ...trust,
      clientId: this.#clientId,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: answersWithinMs,
      keepalive: keepaliveS,
      will: { topic: lastWill.topic, payload: Buffer.from(lastWill.payload), qos: 1, retain: true },
    });
  }

  #accepted(client: MqttClient): void {
    const { problems, log, onConnected } = this.#options;
    if (this.#over) {
      return;
    }
    this.#connected = { client, kept: new KeptTopics(client) };
    if (problems.outage('broker')) {
      problems.solved('broker', 'connected with the broker');
    } else {
      log.info(`MQTT: connected with the broker ${this.#at}.`);
    }
    this.#carefully(onConnected);
  }

  /** Neither mqtt.js nor a camera that tells us something is to hear of our mistakes. */
  #carefully(action: () => unknown): void {
    try {
      action();
    } catch (error) {
      this.#options.problems.tell(asProblem(error, 'mqtt-failed'));
    }
  }
}
