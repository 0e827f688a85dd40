import type { PlatformConfig } from '../../config/options.js';
import { realTimers, type Timers } from '../../timers.js';
import { ProblemLog, type Log } from '../../problem-log.js';
import type { ReportedCamera } from '../camera-reports.js';
import { brokerAddress } from './broker-address.js';
import { Broker } from './broker.js';
import { CameraPublisher } from './camera-publisher.js';
import { CameraTriggers } from './camera-triggers.js';
import { discoveryMessages, homeAssistantStatus } from './home-assistant.js';
import { Topics } from './topics.js';

const costEveryMs = 60_000;

export type MqttConfig = Pick<
  PlatformConfig,
  'mqttUrl' | 'mqttUsername' | 'mqttPassword' | 'mqttCa' | 'mqttVerify' | 'mqttBaseTopic' | 'mqttHomeAssistant' | 'frigateTopic'
>;

export interface MqttLinkOptions {
  readonly config: MqttConfig;
  readonly cameras: readonly ReportedCamera[];
  readonly log: Log;
  /** Of this plugin. */
  readonly version: string;
  readonly timers?: Timers;
}

/**
 * The house on MQTT: the cameras report there, and are told of motion and doorbells. Connects in the background, tries for ever,
 * never throws, and lets nobody wait. Does nothing where no broker is configured.
 */
export class MqttLink implements AsyncDisposable {
  readonly #options: MqttLinkOptions;
  readonly #timers: Timers;
  readonly #topics: Topics;
  readonly #triggers: CameraTriggers;
  readonly #broker: Broker | undefined;
  readonly #publishers: readonly CameraPublisher[];
  #minute: unknown;

  constructor(options: MqttLinkOptions) {
    const { config, cameras, log, timers = realTimers } = options;
    this.#options = options;
    this.#timers = timers;
    this.#topics = new Topics(config);
    const problems = new ProblemLog('MQTT', log);
    const own = new Set([this.#topics.status, ...cameras.flatMap(({ key }) => Object.values(this.#topics.of(key)))]);
    this.#triggers = new CameraTriggers({ config, cameras, own, log, problems, timers });
    const address = brokerAddress(config);
    const broker = address && new Broker({
      address,
      config,
      lastWill: { topic: this.#topics.status, payload: 'offline' },
      log,
      problems,
      onConnected: () => this.#introduce(),
      onMessage: (topic, payload, retained) => this.#receive(topic, payload, retained),
    });
    this.#broker = broker;
    this.#publishers = broker ? cameras.map((camera) => new CameraPublisher(camera, this.#topics.of(camera.key), broker)) : [];
  }

  /** The broker then says of us that we are offline. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timers.clearTimeout(this.#minute);
    for (const each of [...this.#publishers, this.#triggers]) {
      each[Symbol.dispose]();
    }
    await this.#broker?.[Symbol.asyncDispose]();
  }

  /** What a broker is told that knows nothing of us. */
  #introduce(): void {
    const { config } = this.#options;
    for (const filter of [...this.#triggers.filters, ...(config.mqttHomeAssistant ? [homeAssistantStatus] : [])]) {
      this.#broker?.subscribe(filter);
    }
    this.#announce();
    for (const publisher of this.#publishers) {
      publisher.publish();
    }
    this.#publishStatus();
    this.#eachMinute();
  }

  #receive(topic: string, payload: Buffer, retained: boolean): void {
    // Home Assistant has started: it may have lost what it knew.
    if (topic === homeAssistantStatus && !retained && payload.toString() === 'online') {
      this.#announce();
    }
    this.#triggers.receive(topic, payload, retained);
  }

  /** Shows the cameras in Home Assistant. What was shown once stays there when the option is switched off, until it is deleted there. */
  #announce(): void {
    const { config, cameras, version } = this.#options;
    for (const { topic, payload } of config.mqttHomeAssistant ? cameras.flatMap((camera) => discoveryMessages(camera, this.#topics, version)) : []) {
      this.#broker?.keep(topic, () => payload);
    }
  }

  #publishStatus(): void {
    this.#broker?.keep(this.#topics.status, () => 'online');
  }

  #eachMinute(): void {
    this.#timers.clearTimeout(this.#minute);
    this.#minute = this.#timers.setTimeout(() => {
      // Again, as the last will of an earlier run may come late: when a broker notices that a machine lost its power.
      this.#publishStatus();
      for (const publisher of this.#publishers) {
        publisher.publishCost();
      }
      this.#eachMinute();
    }, costEveryMs);
  }
}
